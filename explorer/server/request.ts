import type { LineRequest, PointsRequest } from "../data/model.ts";

/** What a page may ask for at once: far more than a screen has, and little enough to be answered at once. */
const MOST_LINES = 2000;
const MOST_SERIES = 20_000;
const MOST_PIXELS = 10_000;

/** A request for points as it was sent: which run, and what of it. */
export interface SentRequest {
  readonly run: string;
  readonly request: PointsRequest;
}

/** Reads a request, whatever was sent; undefined where it is none. Places of series are checked by `isOf`. */
export function readRequest(sent: unknown): SentRequest | undefined {
  if (!isRecord(sent)) return undefined;
  const { run, lines, fromMs, toMs, pixels } = sent;
  if (typeof run !== "string" || !Array.isArray(lines) || lines.length > MOST_LINES) return undefined;
  if (!isTime(fromMs) || !isTime(toMs) || toMs < fromMs) return undefined;
  if (!isPlace(pixels) || pixels < 1 || pixels > MOST_PIXELS) return undefined;
  if (!lines.every(isLine)) return undefined;
  const series = lines.reduce((sum, line) => sum + line.series.length, 0);
  if (series > MOST_SERIES) return undefined;
  return { run, request: { lines, fromMs, toMs, pixels } };
}

/** Whether a run has all series that a request names. */
export function isOf({ lines }: PointsRequest, seriesCount: number): boolean {
  return lines.every(({ series }) => series.every((place) => place < seriesCount));
}

function isLine(line: unknown): line is LineRequest {
  if (!isRecord(line)) return false;
  const { series, as } = line;
  return (as === "value" || as === "rate") && Array.isArray(series) && series.every(isPlace);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
