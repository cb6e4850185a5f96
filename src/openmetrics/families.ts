import { familyName, METRICS, type Metric, type MetricType, PREFIX } from "../catalog/index.ts";

const CATALOGUED: ReadonlyMap<string, Metric> = new Map(METRICS.map((metric) => [familyName(metric), metric]));

const TYPES: readonly MetricType[] = ["counter", "gauge", "info"];

/** What a file says of one family before its samples. */
export interface Metadata {
  /** The name with its prefix, as TYPE has it. */
  readonly name: string;
  type?: MetricType;
  unit?: string;
  help?: string;
}

/** The catalogue's own metric of a name, if it has one. */
export function catalogued(name: string): Metric | undefined {
  return CATALOGUED.get(name);
}

/** The metric that the metadata describes, with the labels that its series turned out to have. */
export function metricOf({ name, type, unit, help }: Metadata, labels: readonly string[]): Metric {
  const described = { name: name.slice(PREFIX.length), type: type ?? "gauge", labels, help: help ?? "", source: "" };
  return unit === undefined ? described : { ...described, unit };
}

/** Takes over one line of metadata; what was expected where it cannot be. */
export function describe(family: Metadata, word: string, text: string): string | undefined {
  if (word === "TYPE") return describeType(family, text);
  if (word === "UNIT") return describeUnit(family, text);
  if (family.help !== undefined) return `one HELP of ${family.name}`;
  family.help = text;
  return undefined;
}

function describeType(family: Metadata, text: string): string | undefined {
  if (family.type !== undefined) return `one TYPE of ${family.name}`;
  const expected = catalogued(family.name)?.type;
  const type = TYPES.find((known) => known === text);
  if (type === undefined || (expected ?? type) !== type) return `the type ${expected ?? TYPES.join(", ")}`;
  family.type = type;
  return undefined;
}

function describeUnit(family: Metadata, text: string): string | undefined {
  if (family.unit !== undefined) return `one UNIT of ${family.name}`;
  if (family.type === "info") return "no unit of an info";
  if (!family.name.endsWith(`_${text}`)) return "a unit that is the end of the family's name";
  const known = catalogued(family.name);
  if (known !== undefined && known.unit !== text) return known.unit ? `the unit ${known.unit}` : "no unit";
  family.unit = text;
  return undefined;
}
