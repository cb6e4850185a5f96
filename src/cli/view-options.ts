import { mode, modifier } from "./option.ts";
import { boolean, inputPath, outputPath, percent, port } from "./values.ts";

/** The options of modes that show and compare runs. */
export const VIEW_OPTIONS = {
  explore: mode({
    flag: "--explore",
    shorts: [],
    mode: "explore",
    help: "Show the runs of the files or folders that are named on a page in the browser: metrics files, compressed ones, journals of runs that still go on; without a name, statexec_metrics.prom or explorer/import in this folder. No command runs.",
  }),
  noOpen: modifier({
    ...{ flag: "--no-open", of: "explore", operand: undefined, parse: boolean },
    help: "With --explore, open no browser: print the page's address only.",
  }),
  explorePort: modifier({
    ...{ flag: "--explore-port", of: "explore", operand: { placeholder: "port", example: "9090" }, parse: port },
    help: "Port of the page of --explore, on this machine only; without it, any that is free.",
  }),
  report: mode({
    flag: "--report",
    shorts: [],
    mode: "report",
    operand: { placeholder: "file", example: "out.html" },
    parse: outputPath,
    help: "Write a page that shows the metrics files that are named, several laid over each other, as one HTML file that needs no network; without a name statexec_metrics.prom. No command runs.",
  }),
  compare: mode({
    flag: "--compare",
    shorts: [],
    mode: "compare",
    help: "Compare two runs: statexec --compare base.prom new.prom. With --base, all files that are named are new ones. Exits with 1 if anything became worse. No command runs.",
  }),
  base: modifier({
    ...{ flag: "--base", of: "compare", operand: { placeholder: "file", example: "base.prom" }, parse: inputPath },
    help: "With --compare, a run to compare with; may be repeated, as may the files of the new ones: then what lies within their spread is the same.",
  }),
  noise: modifier({
    ...{ flag: "--noise", of: "compare", operand: { placeholder: "percent", example: "5" }, parse: percent },
    help: "With --compare of one run a side, differences up to this are none; without it, 5.",
  }),
  anyCommand: modifier({
    ...{ flag: "--any-command", of: "compare", operand: undefined, parse: boolean },
    help: "With --compare, compare runs of different commands too.",
  }),
};
