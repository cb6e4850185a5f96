import { RESERVED_LABELS } from "../catalog/reserved-labels.ts";
import { UsageError } from "../errors.ts";
import { assignment, type Given, quote, readValue } from "./options.ts";

/**
 * Returns the user's labels: those of the flags, and those of variables whose key no flag has. An empty value leaves a
 * label out. Throws UsageError for a reserved key, and for two values of one key from the same origin.
 */
export function mergeLabels(
  flags: readonly Given<"label">[],
  variables: readonly Given<"label">[],
): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  const decided = new Set<string>();
  for (const origin of [flags, variables]) {
    const first = new Map<string, { readonly given: Given<"label">; readonly value: string }>();
    for (const given of origin) {
      const [key, value] = readValue(given);
      if (decided.has(key)) continue;
      refuseReserved(key, given);
      const earlier = first.get(key);
      if (earlier !== undefined && earlier.value !== value)
        throw new UsageError(
          `${assignment(earlier.given)} and ${assignment(given)}: both are the label ${quote(key)}; remove one`,
        );
      first.set(key, { given, value });
      if (value !== "") labels.set(key, value);
    }
    for (const key of first.keys()) decided.add(key);
  }
  return labels;
}

function refuseReserved(key: string, given: Given<"label">): void {
  const reason = reservation(key);
  if (reason === undefined) return;
  const where = given.origin === "flag" ? "--label" : given.where;
  const another = `host_${key.replace(/^_+/, "").slice(0, 30)}`;
  throw new UsageError(`${where}: ${quote(key)} ${reason}; choose another name (e.g. ${another})`);
}

/** Returns why a user cannot use a label name; undefined if they can. */
function reservation(key: string): string | undefined {
  if (key.startsWith("__")) return "begins with __, which is reserved for the readers of metrics";
  if (/^[0-9]/.test(key)) return "begins with a digit, which is not allowed";
  if (!RESERVED_LABELS.includes(key)) return undefined;
  if (key === "instance") return "is on every series, and set by --instance";
  if (key === "job" || key === "role") return "is on every series";
  const { METRICS, familyName } = require("../catalog/index.ts") as typeof import("../catalog/index.ts");
  const metric = METRICS.find(({ labels }) => labels.includes(key));
  return metric === undefined ? "is reserved for statexec's own metrics" : `is used by ${familyName(metric)}`;
}
