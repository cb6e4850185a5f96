import { COMMAND, METRICS, type Metric, sampleName } from "../../catalog/index.ts";
import { type OtelSeries, otelSeries } from "../../catalog/otel.ts";
import type { SeenSeries } from "./push-scan.ts";
import { type RunContext, runKey } from "./run-contexts.ts";

export type Attribute = readonly [name: string, value: string | number];

/** What a series is in OTLP. */
export interface OtlpStream {
  readonly name: string;
  /** By UCUM; empty: none, and servers that translate names to those of Prometheus leave the name as it is. */
  readonly unit: string;
  readonly kind: "gauge" | "sum" | "monotonic sum";
  /** Values are divided by this. */
  readonly divisor: number;
  readonly attributes: readonly Attribute[];
  /** The attributes of its resource. */
  readonly resource: readonly Attribute[];
  /** Since when a counter counts, milliseconds since the epoch on the file's axis; undefined: it is not known. */
  readonly startMs: number | undefined;
}

/** Names the streams of a file's series. */
export type Naming = (series: SeenSeries, firstMs: number) => OtlpStream;

/** The attributes of a resource, and the labels that servers make of them. */
const RESOURCE: readonly (readonly [label: string, attribute: string])[] = [
  ["job", "service.name"],
  ["instance", "service.instance.id"],
];

/**
 * The names of the metrics file: that of the samples, suffix included, and no unit. Counters have no start time, since most
 * of them count from the start of the machine.
 */
export function fileNames({ name, labels }: SeenSeries): OtlpStream {
  return {
    ...{ name, unit: "", divisor: 1, startMs: undefined },
    kind: name.endsWith("_total") ? "monotonic sum" : "gauge",
    attributes: present([...labels].filter(([label]) => !RESOURCE.some(([known]) => known === label))),
    resource: present(RESOURCE.map(([label, attribute]) => [attribute, labels.get(label) ?? ""])),
  };
}

const KINDS = { counter: "monotonic sum", updowncounter: "sum", gauge: "gauge" } as const;

/** The command's counters begin with its run. The machine's are older than it, by how much is not recorded. */
const FROM_START: ReadonlySet<Metric> = new Set(Object.values(COMMAND));

/**
 * The names of OpenTelemetry's conventions, for those series that are in them, and the run's facts as attributes of the
 * resource. Other series keep their names.
 * @param more further attributes of every resource
 */
export function otelNames(contexts: ReadonlyMap<string, RunContext>, more: readonly Attribute[]): Naming {
  const byName = new Map(METRICS.map((metric) => [sampleName(metric), metric]));
  return (series, firstMs) => {
    const { name, labels } = series;
    const metric = byName.get(name);
    const plain = fileNames(series);
    const context = contexts.get(runKey(labels));
    const known = plain.resource.map(([attribute]) => attribute);
    const facts = [...factAttributes(context), ...more].filter(([attribute]) => !known.includes(attribute));
    const common = { ...plain, resource: [...plain.resource, ...facts] };
    const isCounted = metric?.type === "counter" && FROM_START.has(metric);
    const startMs = isCounted && context ? Math.min(context.startMs, firstMs) : undefined;
    const named = metric && otelSeries(metric.otel ?? "none", labels);
    if (!named || !metric) return { ...common, startMs };
    return { ...common, startMs, ...conventional(named, metric, labels) };
  };
}

/** The conventions' part of a stream: the labels that are not the metric's own stay, the user's among them. */
function conventional(
  { name, unit, instrument, divisor, values }: OtelSeries,
  metric: Metric,
  labels: SeenSeries["labels"],
) {
  const isOther = (label: string) => !metric.labels.includes(label) && !RESOURCE.some(([known]) => known === label);
  const others = present([...labels].filter(([label]) => isOther(label)));
  return { name, unit, kind: KINDS[instrument], divisor: divisor ?? 1, attributes: [...values, ...others] };
}

/** The conventions' names of processor architectures, by ours. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** The facts of a run that are attributes of a resource. */
function factAttributes(context: RunContext | undefined): readonly Attribute[] {
  if (context === undefined) return [];
  const fact = (name: string) => context.facts.get(name) ?? "";
  return present([
    ["service.version", fact("version")],
    ["host.name", fact("host")],
    ["host.arch", ARCHITECTURES[fact("machine")] ?? ""],
    ["os.type", "linux"],
    ["os.version", fact("kernel")],
    ["process.command", fact("command")],
  ]);
}

/** Leaves out what is empty: an empty label is none. */
function present(all: readonly Attribute[]): readonly Attribute[] {
  return all.filter(([, value]) => value !== "");
}
