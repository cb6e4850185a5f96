import { type Fact, type Metric, RESERVED_LABELS, RUN } from "../catalog/index.ts";
import {
  type Block,
  type Identity,
  type RecordedSeries,
  type Recording,
  ROLES,
  type RunEvent,
} from "../recording/recording.ts";
import { compareText, eventsOf, factOf } from "./families.ts";
import type { SampleKind } from "./metric-names.ts";

/** A series as read from a metrics file. */
export interface FileSeries {
  readonly labels: ReadonlyMap<string, string>;
  readonly kind: SampleKind;
  readonly block: Block;
}

/** Labels that differ between the runs of one file. */
const RUN_LABELS = ["instance", "job", "role"] as const;

/**
 * The recordings that a file holds: mostly one, but files are also concatenated. Labels that all series of a run have
 * with one value are the run's; facts and events are made from their series.
 */
export function recordingsOf(all: readonly FileSeries[], annotations: readonly Annotation[]): Recording[] {
  const byRun = Map.groupBy(all, ({ labels }) => JSON.stringify(RUN_LABELS.map((label) => labels.get(label))));
  return Array.from(byRun.values(), (series) => {
    const instance = series[0]?.labels.get("instance") ?? "";
    const own = annotations.filter((one) => byRun.size === 1 || one.instance === instance);
    return recordingOf(series, own);
  });
}

function recordingOf(all: readonly FileSeries[], annotations: readonly Annotation[]): Recording {
  const identity = identityOf(all);
  const startMs = startOf(all);
  const facts: Fact[] = [];
  const events: RunEvent[] = annotations.map((annotation) => annotationEvent(annotation, startMs));
  const kept: RecordedSeries[] = [];
  for (const family of Map.groupBy(all, ({ kind }) => kind.metric.name).values()) {
    // It is made of the facts again where the recording is written.
    if (family[0]?.kind.metric.name === RUN.target.name) continue;
    const metric = withFileLabels(family, identity);
    for (const { labels, block } of family) {
      const key = { metric, labels: metric.labels.map((label) => labels.get(label) ?? "") };
      if (metric.name === RUN.info.name) facts.push(factOf(key));
      else if (metric.name === RUN.event.name) events.push(...(eventsOf(key, block) ?? []));
      else kept.push({ ...key, blocks: () => [block] });
    }
  }
  events.sort((a, b) => a.atMs - b.atMs);
  return { identity, startMs, facts, events, series: () => kept };
}

function identityOf(all: readonly FileSeries[]): Identity {
  const first = all[0]?.labels ?? new Map<string, string>();
  const labels = [...first].filter(
    ([label, value]) => !RESERVED_LABELS.includes(label) && all.every((series) => series.labels.get(label) === value),
  );
  return {
    instance: first.get("instance") ?? "",
    role: ROLES.find((role) => role === first.get("role")) ?? "standalone",
    labels: new Map(labels),
  };
}

/** The first time of all samples. An event may be at any time, and counts only where there are no other samples. */
function startOf(all: readonly FileSeries[]): number {
  const first = (series: readonly FileSeries[]) =>
    series.reduce((least, { block }) => Math.min(least, block.times[0] ?? least), Number.POSITIVE_INFINITY);
  const sampled = first(all.filter(({ kind }) => kind.metric.name !== RUN.event.name));
  return Number.isFinite(sampled) ? sampled : first(all);
}

/** The metric of a family with all labels that its series have beside the run's: those of the catalogue, then others by name. */
function withFileLabels(family: readonly FileSeries[], identity: Identity): Metric {
  const { metric } = family[0]!.kind;
  const known = new Set<string>([...RUN_LABELS, ...identity.labels.keys(), ...metric.labels]);
  const others = new Set(family.flatMap(({ labels }) => [...labels.keys()]).filter((label) => !known.has(label)));
  if (others.size === 0) return metric;
  return { ...metric, labels: [...metric.labels, ...[...others].sort(compareText)] };
}

/** An event that the original program writes as a comment for Grafana. */
export interface Annotation {
  /** Milliseconds since the epoch; in the first versions of that program, since the start. */
  readonly timeMs: number;
  readonly text: string;
  readonly tags: readonly string[];
  /** The instance of its run; undefined: the annotation does not name it. */
  readonly instance: string | undefined;
}

const ANNOTATION_PREFIX = "#grafana-annotation ";

/** Times before 1973 count from the start. */
const LEAST_EPOCH_MS = 1e11;

const EVENTS: Readonly<Record<string, string>> = { start: "command_started", done: "command_done" };

/** Whether a comment is an annotation. */
export function isAnnotation(comment: string): boolean {
  return comment.startsWith(ANNOTATION_PREFIX);
}

/** Reads an annotation; undefined where it is damaged. */
export function annotationOf(comment: string): Annotation | undefined {
  const json = parsedJson(comment.slice(ANNOTATION_PREFIX.length));
  if (typeof json !== "object" || json === null || !("time" in json) || !("text" in json)) return undefined;
  const { time, text } = json;
  if (typeof time !== "number" || !Number.isFinite(time) || typeof text !== "string") return undefined;
  const tags = "tags" in json && Array.isArray(json.tags) ? json.tags.map(String) : [];
  const instance = tags.find((tag) => tag.startsWith("instance="))?.slice("instance=".length);
  return { timeMs: time, text, tags, instance };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The event of an annotation in a run that began at `startMs`. */
function annotationEvent({ timeMs, text, tags }: Annotation, startMs: number): RunEvent {
  const word = tags.find((tag) => tag in EVENTS);
  const atMs = Math.abs(timeMs) < LEAST_EPOCH_MS && timeMs < startMs ? startMs + timeMs : timeMs;
  return { atMs, event: (word && EVENTS[word]) ?? "annotation", text };
}
