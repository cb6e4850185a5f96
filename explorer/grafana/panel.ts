import { promql, type Query } from "./query.ts";

/** One query of a panel, and the name of its lines. */
export interface Line {
  readonly query: Query;
  /** Grafana's pattern for the legend, such as `{{mode}}`. */
  readonly legend: string;
  /** Whether it is dashed and outside of the stack: a limit or a total. */
  readonly isLimit?: boolean;
}

interface Common {
  readonly title: string;
  /** Prevents a misreading. */
  readonly description?: string;
  /** In columns, of 24. */
  readonly width: number;
  readonly lines: readonly Line[];
}

/** One number for each run: the last value in the shown time. */
export interface Tile extends Common {
  readonly kind: "tile";
  readonly unit: GrafanaUnit;
  readonly decimals?: number;
}

/** Lines over time. */
export interface Graph extends Common {
  readonly kind: "graph";
  readonly unit: GrafanaUnit;
  readonly stacked?: boolean;
}

/** The label values of series that carry their information in labels. */
interface Table extends Common {
  readonly kind: "table";
  /** The labels that become columns, in order. */
  readonly columns: readonly string[];
}

/** The command's status over time. */
interface Status extends Common {
  readonly kind: "status";
}

export type Panel = Tile | Graph | Table | Status;

/** A titled row of panels. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Grafana's names of units. Network is in bit/s, as links are sold; disks are in bytes/s. */
export type GrafanaUnit = "none" | "bytes" | "bps" | "Bps" | "s" | "percentunit" | "hertz" | "ops" | "cps" | "pps";

/** The data source that the provisioning defines. */
export const DATA_SOURCE = { type: "prometheus", uid: "statexec" } as const;

/** The run of a line, at the end of its legend. */
export const WHO = "{{instance}} {{role}}";

export function tile(title: string, query: Query, unit: GrafanaUnit, decimals?: number): Tile {
  const lines = [{ query, legend: WHO }];
  return { kind: "tile", title, unit, width: 4, lines, ...(decimals === undefined ? {} : { decimals }) };
}

export function graph(title: string, unit: GrafanaUnit, lines: Graph["lines"], more: Partial<Graph> = {}): Graph {
  return { kind: "graph", title, unit, width: 12, lines, ...more };
}

/** Returns a line whose legend ends with its run. */
export function line(query: Query, legend: string): Line {
  return { query, legend: `${legend} ${WHO}` };
}

/** Returns a limit or a total. */
export function limitLine(query: Query, legend: string): Line {
  return { ...line(query, legend), isLimit: true };
}

/** Returns a panel in Grafana's classic JSON, without its position. */
export function panelJson(panel: Panel): object {
  const { title, description } = panel;
  const common = { title, ...(description === undefined ? {} : { description }), datasource: DATA_SOURCE };
  switch (panel.kind) {
    case "tile":
      return { ...common, ...tileJson(panel) };
    case "graph":
      return { ...common, ...graphJson(panel) };
    case "table":
      return { ...common, ...tableJson(panel) };
    case "status":
      return { ...common, ...statusJson(panel) };
  }
}

function targets(lines: readonly Line[], how: "instant" | "range", format = "time_series"): object[] {
  return lines.map(({ query, legend }, i) => ({
    refId: refId(i),
    datasource: DATA_SOURCE,
    editorMode: "code",
    expr: promql(query),
    legendFormat: legend,
    instant: how === "instant",
    range: how === "range",
    format,
  }));
}

function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

function tileJson({ lines, unit, decimals }: Tile): object {
  return {
    type: "stat",
    targets: targets(lines, "instant"),
    options: {
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      ...{ colorMode: "value", graphMode: "none", justifyMode: "auto", textMode: "auto", orientation: "auto" },
    },
    fieldConfig: {
      defaults: { unit, ...(decimals === undefined ? {} : { decimals }), color: { mode: "fixed", fixedColor: "text" } },
      overrides: [],
    },
  };
}

function graphJson({ lines, unit, stacked = false }: Graph): object {
  return {
    type: "timeseries",
    targets: targets(lines, "range"),
    options: {
      legend: { displayMode: "table", placement: "bottom", showLegend: true, calcs: ["mean", "max"] },
      tooltip: { mode: "multi", sort: "desc" },
    },
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        custom: {
          ...{ drawStyle: "line", lineInterpolation: "linear", lineWidth: 1, showPoints: "auto", pointSize: 4 },
          ...{ fillOpacity: stacked ? 40 : 8, spanNulls: false, axisSoftMin: 0 },
          stacking: { mode: stacked ? "normal" : "none", group: "A" },
        },
      },
      overrides: lines.flatMap(({ isLimit }, i) => (isLimit ? [limitOverride(refId(i))] : [])),
    },
  };
}

/** Takes a limit out of the stack, and dashes it. */
function limitOverride(id: string): object {
  return {
    matcher: { id: "byFrameRefID", options: id },
    properties: [
      { id: "custom.stacking", value: { mode: "none", group: "limit" } },
      { id: "custom.fillOpacity", value: 0 },
      { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 6] } },
    ],
  };
}

function tableJson({ lines, columns }: Table): object {
  const indexByName = Object.fromEntries(columns.map((column, i) => [column, i]));
  return {
    type: "table",
    targets: targets(lines, "instant", "table"),
    transformations: [
      { id: "filterFieldsByName", options: { include: { names: columns } } },
      { id: "organize", options: { excludeByName: {}, indexByName, renameByName: {} } },
    ],
    options: { showHeader: true, cellHeight: "sm" },
    fieldConfig: { defaults: {}, overrides: [] },
  };
}

/** The values of `statexec_command_status`. */
const STATES = [
  ["0", "waiting", "blue"],
  ["1", "running", "green"],
  ["2", "done", "text"],
] as const;

function statusJson({ lines }: Status): object {
  const options = Object.fromEntries(STATES.map(([value, text, color], index) => [value, { text, color, index }]));
  return {
    type: "state-timeline",
    targets: targets(lines, "range"),
    options: {
      ...{ mergeValues: true, showValue: "auto", alignValue: "center", rowHeight: 0.8 },
      ...{ legend: { displayMode: "list", placement: "bottom", showLegend: false }, tooltip: { mode: "single" } },
    },
    fieldConfig: {
      defaults: { custom: { fillOpacity: 60, lineWidth: 0 }, mappings: [{ type: "value", options }] },
      overrides: [],
    },
  };
}
