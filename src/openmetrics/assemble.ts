import { type Metric, RESERVED_LABELS, RUN } from "../catalog/index.ts";
import { ParseError } from "../errors.ts";
import type { Fact, Identity, RecordedSeries, Recording, RunEvent } from "../recording/recording.ts";
import { eventsOf, factOf } from "./annotations.ts";
import { type Metadata, metricOf } from "./families.ts";
import { isRole, JOB, ROLES } from "./labels.ts";
import { compareText } from "./order.ts";
import type { PointStore } from "./points.ts";
import { quoteText } from "./scan.ts";

/** A series as its lines have it. */
export interface ReadSeries {
  readonly labels: ReadonlyMap<string, string>;
  /** The bytes that each of its lines begins with. */
  readonly head: Uint8Array;
  /** Number of its first line. */
  readonly line: number;
  readonly points: PointStore;
}

export interface ReadFamily {
  readonly metadata: Metadata;
  readonly catalogued: Metric | undefined;
  readonly series: ReadSeries[];
}

/** Labels that every series has for the whole recording's sake. */
const COMMON: ReadonlySet<string> = new Set(["instance", "job", "role"]);

/** Makes a recording of what was read: identity, facts and events come out of the series. */
export function assemble(families: readonly ReadFamily[], name: string): Recording {
  const all = families.flatMap((family) => family.series);
  const first = all[0];
  if (first === undefined) throw new ParseError(name, "at least one sample", "none");
  const identity = identityOf(all, first, name);
  const facts: Fact[] = [];
  const events: RunEvent[] = [];
  const kept: RecordedSeries[] = [];
  let startMs = Number.POSITIVE_INFINITY;
  for (const family of families) {
    const metric = family.catalogued ?? metricOf(family.metadata, ownLabels(family, identity));
    for (const series of family.series) {
      const key = keyOf(metric, series, identity, name);
      const block = series.points.block();
      if (metric !== RUN.event) startMs = Math.min(startMs, block.times[0] as number);
      if (metric === RUN.info) facts.push(factOf(key));
      else if (metric === RUN.event) events.push(...(eventsOf(key, block) ?? refuse(series, name, "times as values")));
      else kept.push({ ...key, blocks: () => [block] });
    }
  }
  events.sort((a, b) => a.atMs - b.atMs);
  if (startMs === Number.POSITIVE_INFINITY) startMs = events[0]?.atMs ?? 0;
  return { identity, startMs, facts, events, series: () => kept };
}

/** The user's labels are what all series have alike, but for the names that are not theirs to use. */
function identityOf(all: readonly ReadSeries[], first: ReadSeries, name: string): Identity {
  const role = first.labels.get("role") ?? "";
  if (!isRole(role)) refuse(first, name, `the label role as ${ROLES.join(", ")}`);
  if (first.labels.get("job") !== JOB) refuse(first, name, `the label job="${JOB}"`);
  for (const series of all) {
    for (const label of COMMON)
      if (series.labels.get(label) !== first.labels.get(label)) refuse(series, name, `the same ${label} on every line`);
  }
  const labels = [...first.labels].filter(
    ([label, value]) => !RESERVED_LABELS.includes(label) && all.every((series) => series.labels.get(label) === value),
  );
  return { instance: first.labels.get("instance") ?? "", role, labels: new Map(labels) };
}

/** The labels of an unknown family's series that are not the whole recording's; no series need have all: by name. */
function ownLabels({ series }: ReadFamily, identity: Identity): string[] {
  const names = new Set(series.flatMap(({ labels }) => [...labels.keys()]));
  return [...names].filter((label) => !COMMON.has(label) && !identity.labels.has(label)).sort(compareText);
}

function keyOf(metric: Metric, series: ReadSeries, identity: Identity, name: string) {
  for (const label of series.labels.keys()) {
    if (!COMMON.has(label) && !identity.labels.has(label) && !metric.labels.includes(label))
      refuse(series, name, `no label ${label}, or the same on every line`);
  }
  return { metric, labels: metric.labels.map((label) => series.labels.get(label) ?? "") };
}

function refuse(series: ReadSeries, name: string, expected: string): never {
  throw new ParseError(`${name}:${series.line}`, expected, quoteText(series.head));
}
