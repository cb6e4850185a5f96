import { RESOURCES, type Resource } from "../src/recording/evidence.ts";
import { type Claimed, type Range, recordedClaims } from "../test/helpers/matrix-claims.ts";

/** The figures of the table, by their names in the summary. */
const SHOWN: Readonly<Partial<Record<Resource, string>>> = {
  cpu: "CPU time",
  memory: "peak memory",
  processes: "processes",
  read: "read from storage",
  written: "written to storage",
  "read-calls": "read by calls",
  "written-calls": "written by calls",
};

/** Those that have a row only where the situation is about nothing else. */
const BESIDE: readonly Resource[] = ["processes"];

/** The columns, and the environments of the matrix that each is of. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  "without a group": ["root", "nobody", "user namespace", "hidepid"],
  "`/proc` of another pid namespace": ["foreign /proc"],
  "`--cgroup auto`": ["group v1", "group v2"],
  "and it leaves the group": ["leaves its group"],
};

/** A claim of some runs: its kind, the sources of the figures, and where they were. */
interface Claim {
  readonly kind: string;
  readonly sources: Set<string>;
  readonly ranges: Map<string, Range>;
}

/** Returns the table of what is claimed of loads of known truth: a row for each load and figure. */
export function accountingTable(): string {
  const head = ["Situation", "Figure", ...Object.keys(COLUMNS)];
  const rows = Object.entries(recordedClaims()).flatMap(([load, resources]) => {
    const main = RESOURCES.filter((resource) => SHOWN[resource] && resource in resources && !BESIDE.includes(resource));
    const shown = main.length > 0 ? main : BESIDE.filter((resource) => resource in resources);
    return shown.map((resource, index) => {
      const cells = Object.values(COLUMNS).map((environments) => cellOf(resources[resource] ?? {}, environments));
      return [index === 0 ? load : "", SHOWN[resource] ?? resource, ...cells];
    });
  });
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Returns what runs in some environments claim; of each claim that not all of them make, which do. */
function cellOf(recorded: Readonly<Record<string, Claimed>>, environments: readonly string[]): string {
  const claims = new Map<string, Claim>();
  for (const [text, claimed] of Object.entries(recorded)) {
    const [kind = "", source] = text.split(" by ");
    for (const [place, range] of Object.entries(claimed)) {
      if (!environments.includes(environmentOf(place))) continue;
      const claim = claims.get(kind) ?? { kind, sources: new Set(), ranges: new Map() };
      claims.set(kind, claim);
      if (source !== undefined) claim.sources.add(`\`${source}\``);
      claim.ranges.set(place, range);
    }
  }
  const widest = [...claims.values()].sort((a, b) => b.ranges.size - a.ranges.size);
  const texts = widest.map(
    (claim, index) => (index === 0 ? "" : `${placesText(claim, environments)}: `) + claimText(claim),
  );
  return texts.length === 0 ? "–" : texts.join("; ");
}

function environmentOf(place: string): string {
  return place.slice(0, place.lastIndexOf(" at "));
}

/** Environments, each with its interval where it is only one. */
function placesText({ ranges }: Claim, environments: readonly string[]): string {
  const byName = Map.groupBy(ranges.keys(), environmentOf);
  const texts = [...byName].map(([name, some]) => (some.length > 1 ? name : some[0]!));
  return texts.map((text) => (environments.length > 1 ? text : text.replace(/^.* (?=at )/, ""))).join(", ");
}

/** A claim, and how much of the truth is in it where it is not exact. */
function claimText({ kind, sources, ranges }: Claim): string {
  const by = sources.size === 0 ? "" : ` (${[...sources].join(", ")})`;
  if (kind === "exact" || kind === "nothing") return `${kind}${by}`;
  const [short, long] = [" at 0.05 s", " at 1 s"].map((end) => {
    const some = [...ranges].filter(([place]) => place.endsWith(end)).flatMap(([, range]) => range);
    return shareText(some);
  });
  const seen = short === long || long === undefined ? short : `${short ?? "–"}, at 1 s ${long}`;
  return seen === undefined ? `${kind}${by}` : `${kind}${by}, ${seen}`;
}

function shareText(shares: readonly number[]): string | undefined {
  if (shares.length === 0) return undefined;
  const [lowest, highest] = [Math.min(...shares), Math.max(...shares)].map((share) => Math.round(share * 100));
  return lowest === highest ? `${lowest} %` : `${lowest}–${highest} %`;
}
