import { dashboard } from "../explorer/grafana/dashboard.ts";

/** The file that Grafana loads. */
export const DASHBOARD_FILE = "explorer/grafana/dashboards/statexec.json";

/** Returns the text of that file. */
export function dashboardText(): string {
  return `${JSON.stringify(dashboard(), undefined, 2)}\n`;
}

if (import.meta.main) await Bun.write(DASHBOARD_FILE, dashboardText());
