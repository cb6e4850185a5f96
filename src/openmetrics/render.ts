import { familyName, type Metric, type SeriesKey, sampleName } from "../catalog/index.ts";
import { writable } from "../catalog/label-value.ts";
import type { Block, Identity, RecordedSeries, Recording } from "../recording/recording.ts";
import { ChunkWriter, encodeText, StampCache } from "./chunk-writer.ts";
import { compareText, familiesOf } from "./families.ts";
import { escapeText, escapeWritable } from "./label-text.ts";
import { NUMBER_BYTES, numberText, STAMP_BYTES, writeNumber } from "./write-number.ts";

/** The `job` label of every series. */
export const JOB = "statexec";

/**
 * Writes a recording as OpenMetrics 1.0 text, in chunks: the same bytes for the same recording. A chunk is valid until
 * `write` returns.
 */
export function render(recording: Recording, write: (bytes: Uint8Array) => void): void {
  const steps = renderInSteps(recording, write);
  while (!steps.next().done);
}

/** The same in steps of one series each, so that the caller can do other work between them. */
export function* renderInSteps(recording: Recording, write: (bytes: Uint8Array) => void): Generator<void> {
  const out = new ChunkWriter(write);
  const rendering = { out, stamps: new StampCache(), labels: new LabelText(recording.identity) };
  for (const family of familiesOf(recording)) {
    let isNamed = false;
    for (const series of family) {
      isNamed = renderSeries(rendering, series, isNamed);
      yield;
    }
  }
  out.text("# EOF\n");
  out.flush();
}

interface Rendering {
  readonly out: ChunkWriter;
  readonly stamps: StampCache;
  readonly labels: LabelText;
}

/**
 * Blocks up to this length are written as strings; up to the second length where a block is all of a series. For longer
 * ones, strings would be garbage by the hundred thousand, and the code that writes bytes is compiled by then.
 */
const FEW_ROWS = 8;
const FEW_ROWS_IN_ALL = 128;

/**
 * Writes the points of one series. The metadata of the family comes before its first point; a family without points has
 * none. Returns whether the metadata has been written.
 */
function renderSeries(rendering: Rendering, series: RecordedSeries, wasNamed: boolean): boolean {
  const { out, stamps, labels } = rendering;
  let isNamed = wasNamed;
  let start: string | undefined;
  let prefix: Uint8Array | undefined;
  const blocks = series.blocks();
  const few = Array.isArray(blocks) && blocks.length === 1 ? FEW_ROWS_IN_ALL : FEW_ROWS;
  for (const block of blocks) {
    start ??= `${sampleName(series.metric)}{${labels.of(series)}} `;
    const lines = block.length <= few ? fewLines(start, stamps, block) : undefined;
    if (lines === "" || (lines === undefined && !hasPoint(block))) continue;
    if (!isNamed) out.text(metadata(series.metric));
    isNamed = true;
    if (lines !== undefined) {
      out.text(lines);
      continue;
    }
    prefix ??= encodeText(start);
    renderLines(rendering, prefix, block);
  }
  return isNamed;
}

/** `# TYPE`, `# UNIT` and `# HELP` of a family. */
export function metadata(metric: Metric): string {
  const name = familyName(metric);
  const unit = metric.unit === undefined ? "" : `# UNIT ${name} ${metric.unit}\n`;
  const help = metric.help === "" ? "" : `# HELP ${name} ${escapeText(metric.help)}\n`;
  return `# TYPE ${name} ${metric.type}\n${unit}${help}`;
}

function hasPoint({ length, values }: Block): boolean {
  for (let row = 0; row < length; row++) if (!Number.isNaN(values[row])) return true;
  return false;
}

/**
 * The lines of a block with few rows, as one string; empty: it has no point. Most runs are short, and code that runs only a
 * few thousand times is not compiled: to write byte by byte would then take fifty times as long, and each call counts. Many
 * values never change: of these the runtime makes all lines by one call.
 */
function fewLines(prefix: string, stamps: StampCache, block: Block): string {
  const { length, values } = block;
  const ends = stamps.textsOf(block);
  let last = values[0]!;
  let same = 1;
  while (same < length && values[same] === last) same++;
  const isSame = same === length && !Number.isNaN(last) && (last !== 0 || haveOneSign(block));
  if (isSame && ends.length === length) {
    const line = prefix + textOf(last);
    return line + ends.join(line);
  }
  const lines: string[] = [];
  let text = "";
  last = Number.NaN;
  for (let row = 0; row < length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    if (value !== last || value === 0) text = textOf(value);
    last = value;
    lines.push(text + ends[row]);
  }
  return lines.length === 0 ? "" : prefix + lines.join(prefix);
}

/** Whether these zeros are all positive or all negative: a negative one has a text of its own. */
function haveOneSign({ length, values }: Block): boolean {
  const sign = 1 / values[0]!;
  for (let row = 1; row < length; row++) if (1 / values[row]! !== sign) return false;
  return true;
}

function textOf(value: number): string {
  // Only zeros and infinities have a text of ours.
  return value !== 0 && value - value === 0 ? String(value) : numberText(value);
}

/** Writes the lines of one block. Stamps are copied byte by byte, since a call costs more for so few bytes. */
function renderLines({ out, stamps }: Rendering, prefix: Uint8Array, block: Block): void {
  const { bytes: stampBytes, starts } = stamps.of(block);
  const most = prefix.length + NUMBER_BYTES + STAMP_BYTES;
  for (let row = 0; row < block.length; row++) {
    const value = block.values[row]!;
    if (Number.isNaN(value)) continue;
    out.reserve(most);
    const into = out.bytes;
    into.set(prefix, out.at);
    let at = writeNumber(into, out.at + prefix.length, value);
    const end = starts[row + 1]!;
    for (let i = starts[row]!; i < end; i++) into[at++] = stampBytes[i]!;
    out.at = at;
  }
}

/** The text between the braces of a recording's series, in the order of a file. */
export class LabelText {
  private readonly common: string;
  private readonly users: string;

  constructor({ instance, role, labels }: Identity) {
    const sorted = [...labels].sort(([a], [b]) => compareText(a, b));
    this.common = (pair("instance", instance) + pair("job", JOB) + pair("role", role)).slice(1);
    this.users = sorted.map(([label, value]) => pair(label, value)).join("");
  }

  /** `familiesOf` has replaced what no label can hold. */
  of({ metric, labels }: SeriesKey): string {
    let own = "";
    for (let i = 0; i < metric.labels.length; i++) own += pairOf(metric.labels[i]!, labels[i] ?? "");
    return this.common + own + this.users;
  }
}

/** A comma and a label of any value. */
function pair(label: string, value: string): string {
  return pairOf(label, writable(value));
}

/** A comma and a label of a value that can be written; a label without a value is left out. */
function pairOf(label: string, value: string): string {
  return value === "" ? "" : `,${label}="${escapeWritable(value)}"`;
}
