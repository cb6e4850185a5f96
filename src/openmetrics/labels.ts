import type { SeriesKey } from "../catalog/index.ts";
import type { Identity, Role } from "../recording/recording.ts";
import { escapeText } from "./escape.ts";
import { compareText } from "./order.ts";

/** The `job` label of every series. */
export const JOB = "statexec";

export const ROLES: readonly Role[] = ["standalone", "client", "server"];

/** Whether a text is one of the three roles. */
export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** The labels of a series between its braces, in the order of a file; one without a value is left out. */
export function labelText(identity: Identity, key: SeriesKey): string {
  const users = [...identity.labels].sort(([a], [b]) => compareText(a, b));
  const own = key.metric.labels.map((label, i) => [label, key.labels[i] ?? ""] as const);
  const all = [["instance", identity.instance], ["job", JOB], ["role", identity.role], ...own, ...users] as const;
  return all
    .filter(([, value]) => value !== "")
    .map(([label, value]) => `${label}="${escapeText(value)}"`)
    .join(",");
}
