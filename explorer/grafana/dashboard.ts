import { RUN, sampleName } from "../../src/catalog/index.ts";
import { COMMAND_ROW, LIMITS_ROW, PRESSURE_ROW } from "./command-rows.ts";
import { DETAIL_ROW, MACHINE_ROW, MEANS_ROW, RECORDER_ROW } from "./machine-rows.ts";
import { DATA_SOURCE, panelJson, type Row } from "./panel.ts";
import { promql, select, times } from "./query.ts";

export const DASHBOARD_UID = "statexec";

/** The rows from top to bottom: the overview first, details last. */
export const ROWS: readonly Row[] = [
  MEANS_ROW,
  MACHINE_ROW,
  COMMAND_ROW,
  PRESSURE_ROW,
  LIMITS_ROW,
  DETAIL_ROW,
  RECORDER_ROW,
];

/** The times of events in milliseconds, as Grafana expects the value of an annotation. */
export const EVENTS = times(select(RUN.event), 1000);

const STATUS = sampleName(RUN.commandStatus);

/** A variable of the dashboard: any number of a label's values can be chosen. */
function variable(name: "instance" | "role", definition: string): object {
  return {
    ...{ name, label: name, type: "query", datasource: DATA_SOURCE, definition },
    query: { qryType: 1, query: definition, refId: `${name}-values` },
    // Refreshed whenever the time range changes. By default all values are chosen.
    ...{ refresh: 2, sort: 1, multi: true, includeAll: true, allValue: null, regex: "", hide: 0, options: [] },
    current: { selected: true, text: ["All"], value: ["$__all"] },
  };
}

/** Returns the dashboard in Grafana's classic JSON, which versions 10 to 13 load. */
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
    panels: positioned(ROWS),
  };
}

const HEIGHTS = { tile: 3, graph: 8, table: 8, status: 4 } as const;

const COLUMNS = 24;

/** Returns the panels of all rows with their positions: from left to right, from top to bottom. */
function positioned(rows: readonly Row[]): object[] {
  const all: object[] = [];
  let y = 0;
  const nextId = () => all.length + 1;
  for (const { title, panels } of rows) {
    const gridPos = { x: 0, y, w: COLUMNS, h: 1 };
    all.push({ id: nextId(), type: "row", title, collapsed: false, panels: [], gridPos });
    y++;
    let x = 0;
    let lineHeight = 0;
    for (const panel of panels) {
      if (x + panel.width > COLUMNS) [x, y, lineHeight] = [0, y + lineHeight, 0];
      const h = HEIGHTS[panel.kind];
      all.push({ id: nextId(), ...panelJson(panel), gridPos: { x, y, w: panel.width, h } });
      x += panel.width;
      lineHeight = Math.max(lineHeight, h);
    }
    y += lineHeight;
  }
  return all;
}
