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

/** What stands between the braces of one recording's series, in the order of a file. */
export class LabelText {
  private readonly before: string;
  private readonly behind: string;

  constructor({ instance, role, labels }: Identity) {
    const users = [...labels].sort(([a], [b]) => compareText(a, b));
    this.before = pair("instance", instance) + pair("job", JOB) + pair("role", role);
    this.behind = users.map(([label, value]) => pair(label, value)).join("");
  }

  of({ metric, labels }: SeriesKey): string {
    let own = "";
    for (let i = 0; i < metric.labels.length; i++) own += pair(metric.labels[i] as string, labels[i] ?? "");
    return (this.before + own + this.behind).slice(0, -1);
  }
}

/** A label with a comma behind it; one without a value is left out. */
function pair(label: string, value: string): string {
  return value === "" ? "" : `${label}="${escapeText(value)}",`;
}
