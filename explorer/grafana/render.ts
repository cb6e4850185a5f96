import { DATA_SOURCE, type Graph, type Line, type Panel, type Status, type Table, type Tile } from "./panel.ts";
import { promql } from "./query.ts";

/** A panel as Grafana's classic JSON has it, but for its place. */
export function rendered(panel: Panel): object {
  const { title, description } = panel;
  const common = { title, ...(description === undefined ? {} : { description }), datasource: DATA_SOURCE };
  switch (panel.kind) {
    case "tile":
      return { ...common, ...tile(panel) };
    case "graph":
      return { ...common, ...graph(panel) };
    case "table":
      return { ...common, ...table(panel) };
    case "status":
      return { ...common, ...status(panel) };
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

function refId(place: number): string {
  return String.fromCharCode("A".charCodeAt(0) + place);
}

function tile({ lines, unit, decimals }: Tile): object {
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

function graph({ lines, unit, stacked = false }: Graph): object {
  const limits = lines.flatMap(({ isLimit }, i) => (isLimit ? [limit(refId(i))] : []));
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
      overrides: limits,
    },
  };
}

/** What is no part of the stack. */
function limit(id: string): object {
  return {
    matcher: { id: "byFrameRefID", options: id },
    properties: [
      { id: "custom.stacking", value: { mode: "none", group: "limit" } },
      { id: "custom.fillOpacity", value: 0 },
      { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 6] } },
    ],
  };
}

function table({ lines, columns }: Table): object {
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

const STATES = [
  ["0", "waiting", "blue"],
  ["1", "running", "green"],
  ["2", "done", "text"],
] as const;

function status({ lines }: Status): object {
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
