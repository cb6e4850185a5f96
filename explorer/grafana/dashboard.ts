import { RUN, sampleName } from "../../src/catalog/index.ts";
import { COMMAND_SECTION, LIMITS_SECTION, PRESSURE_SECTION } from "./command-panels.ts";
import { layOut } from "./layout.ts";
import { DETAIL, MACHINE_SECTION, MEANS, RECORDER_SECTION } from "./machine-panels.ts";
import { DATA_SOURCE, type Section } from "./panel.ts";
import { promql, select, times } from "./query.ts";

export const DASHBOARD_UID = "statexec";

/** From what everybody looks at to what explains it. */
export const SECTIONS: readonly Section[] = [
  MEANS,
  MACHINE_SECTION,
  COMMAND_SECTION,
  PRESSURE_SECTION,
  LIMITS_SECTION,
  DETAIL,
  RECORDER_SECTION,
];

/** Times of events, in the milliseconds that Grafana takes a value for. */
export const EVENTS = times(select(RUN.event), 1000);

const STATUS = sampleName(RUN.commandStatus);

/** A label of the runs that the database has, any number of which may be chosen. */
function variable(name: "instance" | "role", definition: string): object {
  return {
    ...{ name, label: name, type: "query", datasource: DATA_SOURCE, definition },
    query: { qryType: 1, query: definition, refId: `${name}-values` },
    // Anew whenever the time changes; all that there are by default.
    ...{ refresh: 2, sort: 1, multi: true, includeAll: true, allValue: null, regex: "", hide: 0, options: [] },
    current: { selected: true, text: ["All"], value: ["$__all"] },
  };
}

/** The dashboard in Grafana's classic JSON, which versions 10 to 13 load. */
export function dashboard(): object {
  return {
    ...{ id: null, uid: DASHBOARD_UID, title: "statexec", tags: ["statexec"], schemaVersion: 39, version: 1 },
    ...{ editable: true, graphTooltip: 1, refresh: "", timezone: "browser", fiscalYearStartMonth: 0, weekStart: "" },
    description: "What a machine and a command's processes used while the command ran.",
    time: { from: "now-1h", to: "now" },
    timepicker: {},
    links: [],
    liveNow: false,
    templating: {
      list: [
        variable("instance", `label_values(${STATUS}, instance)`),
        variable("role", `label_values(${STATUS}{instance=~"$instance"}, role)`),
      ],
    },
    annotations: {
      list: [
        {
          ...{ name: "Events", enable: true, hide: false, iconColor: "orange", datasource: DATA_SOURCE },
          ...{ expr: promql(EVENTS), useValueForTime: true, step: "1s" },
          ...{ titleFormat: "{{text}}", textFormat: "{{instance}} {{role}}", tagKeys: "event" },
        },
      ],
    },
    panels: layOut(SECTIONS),
  };
}
