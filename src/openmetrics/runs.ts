import { type Metric, RESERVED_LABELS, RUN } from "../catalog/index.ts";
import type { Block, Fact, Identity, RecordedSeries, Recording, RunEvent } from "../recording/recording.ts";
import { type Annotation, eventOf } from "./annotation-lines.ts";
import { eventsOf, factOf } from "./annotations.ts";
import type { Kind } from "./kinds.ts";
import { isRole } from "./labels.ts";
import { compareText } from "./order.ts";

/** A series as any metrics file has it. */
export interface AnySeries {
  readonly labels: ReadonlyMap<string, string>;
  readonly kind: Kind;
  readonly block: Block;
}

/** Labels by which the runs of one file are told apart. */
const COMMON = ["instance", "job", "role"] as const;

/**
 * The recordings that a file holds: mostly one, but files are also put one behind the other. What is common to all
 * series of a run is the run's; facts and events come out of the series.
 */
export function recordingsOf(all: readonly AnySeries[], annotations: readonly Annotation[]): Recording[] {
  const runs = [...Map.groupBy(all, ({ labels }) => JSON.stringify(COMMON.map((label) => labels.get(label)))).values()];
  return runs.map((series) => {
    const instance = series[0]?.labels.get("instance") ?? "";
    const own = annotations.filter((one) => runs.length === 1 || one.instance === instance);
    return recordingOf(series, own);
  });
}

function recordingOf(all: readonly AnySeries[], annotations: readonly Annotation[]): Recording {
  const identity = identityOf(all);
  const startMs = startOf(all);
  const facts: Fact[] = [];
  const events: RunEvent[] = annotations.map((annotation) => eventOf(annotation, startMs));
  const kept: RecordedSeries[] = [];
  for (const family of Map.groupBy(all, ({ kind }) => kind.metric.name).values()) {
    const metric = withLabels(family, identity);
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

function identityOf(all: readonly AnySeries[]): Identity {
  const first = all[0]?.labels ?? new Map<string, string>();
  const role = first.get("role") ?? "";
  const labels = [...first].filter(
    ([label, value]) => !RESERVED_LABELS.includes(label) && all.every((series) => series.labels.get(label) === value),
  );
  return {
    instance: first.get("instance") ?? "",
    role: isRole(role) ? role : "standalone",
    labels: new Map(labels),
  };
}

/** The first time of all; an event's own may be any, and counts only where there is nothing else. */
function startOf(all: readonly AnySeries[]): number {
  const first = (series: readonly AnySeries[]) =>
    series.reduce((least, { block }) => Math.min(least, block.times[0] ?? least), Number.POSITIVE_INFINITY);
  const sampled = first(all.filter(({ kind }) => kind.metric.name !== RUN.event.name));
  return Number.isFinite(sampled) ? sampled : first(all);
}

/** The metric of a family with all labels that its series have beside the run's: the catalogue's, then others by name. */
function withLabels(family: readonly AnySeries[], identity: Identity): Metric {
  const { metric } = family[0]!.kind;
  const run = new Set<string>([...COMMON, ...identity.labels.keys(), ...metric.labels]);
  const others = new Set(family.flatMap(({ labels }) => [...labels.keys()]).filter((label) => !run.has(label)));
  if (others.size === 0) return metric;
  return { ...metric, labels: [...metric.labels, ...[...others].sort(compareText)] };
}
