import { EXPORT_FORMATS, EXPORT_SHAPES, HISTORY_FORMATS, PROCESS_FORMATS, PROCESS_SORTS } from "../catalog/choices.ts";
import { mode, modeWith, modifier } from "./option.ts";
import {
  boolean,
  count,
  filePath,
  labelValue,
  listenAddress,
  oneOf,
  outputPath,
  percent,
  phaseName,
  rememberedNames,
  SIZE_FORMATS,
  seconds,
  shell,
  sinceTime,
} from "./option-values.ts";
import { pushTarget } from "./push-target.ts";

/** What statexec does in place of running a command. A mode's key is its name; `src/modes/run-mode.ts` carries it out. */
export const MODE_OPTIONS = {
  explore: mode({
    flag: "--explore",
    shorts: [],
    help: "Show the runs of the named files or folders on a page in the browser: metrics files, compressed or not, and journals, even of runs that still go on; without a name, statexec_metrics.prom or explorer/import in this folder. No command runs.",
  }),
  noOpen: modifier({
    ...{ flag: "--no-open", of: "--explore", operand: undefined, parse: boolean },
    help: "With --explore, print the page's address and open no browser.",
  }),
  explorePort: modifier({
    ...{ flag: "--explore-port", of: "--explore", operand: { placeholder: "port", example: "9090" } },
    parse: listenAddress,
    help: "Port of the page of --explore, on this machine only; an address before it, such as 0.0.0.0:9090, lets others see the page. Without this option, any free port.",
  }),
  report: modeWith({
    flag: "--report",
    shorts: [],
    operand: { placeholder: "file", example: "out.html" },
    parse: outputPath,
    help: "Write a page that shows the named metrics files, several laid over each other, as one HTML file that needs no network; without a name, statexec_metrics.prom. No command runs.",
  }),
  export: modeWith({
    flag: "--export",
    shorts: [],
    operand: { placeholder: "file", example: "trace.json" },
    parse: outputPath,
    help: "Write the named metrics files for other programs: trace.json is for ui.perfetto.dev and Chrome, samples.csv and samples.parquet are for pandas, R and DuckDB; without a name, statexec_metrics.prom. No command runs.",
  }),
  exportFormat: modifier({
    ...{ flag: "--export-format", of: "--export", operand: { placeholder: "format", example: "csv" } },
    parse: oneOf(EXPORT_FORMATS),
    help: "With --export, write a trace, csv or parquet; without this option, what the ending of the file says.",
  }),
  exportShape: modifier({
    ...{ flag: "--export-shape", of: "--export", operand: { placeholder: "shape", example: "wide" } },
    parse: oneOf(EXPORT_SHAPES),
    help: "With --export to CSV or Parquet, long is a row for each sample of each series, wide a row for each time with a column for each series; without this option, long.",
  }),
  compare: mode({
    flag: "--compare",
    shorts: [],
    help: "Compare two runs: statexec --compare base.prom new.prom. With --base, all files that are named are new runs. Exits with 1 if anything became worse. No command runs.",
  }),
  base: modifier({
    ...{ flag: "--base", of: "--compare", operand: { placeholder: "file", example: "base.prom" }, parse: filePath },
    help: "With --compare, a run to compare with; may be repeated. Where both sides have several runs, a difference that chance may explain counts as none.",
  }),
  noise: modifier({
    ...{ flag: "--noise", of: "--compare", operand: { placeholder: "percent", example: "5" }, parse: percent },
    help: "With --compare, differences up to this many percent count as none; without this option, 5.",
  }),
  anyCommand: modifier({
    ...{ flag: "--any-command", of: "--compare", operand: undefined, parse: boolean },
    help: "With --compare, compare runs of different commands too.",
  }),
  size: mode({
    flag: "--size",
    shorts: [],
    help: "Print what to request for a command and where to limit it, by several of its runs: statexec --size run1.prom run2.prom run3.prom. No command runs.",
  }),
  sizeFormat: modifier({
    ...{ flag: "--size-format", of: "--size", operand: { placeholder: "format", example: "kubernetes" } },
    parse: oneOf(SIZE_FORMATS),
    help: "With --size, print a table, json, or lines for kubernetes, slurm, nextflow, snakemake, github or gitlab; without this option, a table.",
  }),
  processesOf: mode({
    flag: "--processes-of",
    shorts: [],
    help: "Print which programs and processes of a run used most, by the record that --processes makes: statexec --processes-of run.prom. No command runs.",
  }),
  sort: modifier({
    ...{ flag: "--sort", of: "--processes-of", operand: { placeholder: "by", example: "memory" } },
    parse: oneOf(PROCESS_SORTS),
    help: "With --processes-of, the order of programs and processes: cpu, memory, io, wait, time or start; without this option, cpu.",
  }),
  at: modifier({
    ...{ flag: "--at", of: "--processes-of", operand: { placeholder: "seconds", example: "12.5" }, parse: seconds },
    help: "With --processes-of, print who used most CPU and memory at this time after the command's start, by the sample that has it.",
  }),
  from: modifier({
    ...{ flag: "--from", of: "--processes-of", operand: { placeholder: "seconds", example: "60" }, parse: seconds },
    help: "With --processes-of, print who used most CPU and memory from this time after the command's start on.",
  }),
  to: modifier({
    ...{ flag: "--to", of: "--processes-of", operand: { placeholder: "seconds", example: "2min" }, parse: seconds },
    help: "With --processes-of, print who used most CPU and memory until this time after the command's start.",
  }),
  top: modifier({
    ...{ flag: "--top", of: "--processes-of", operand: { placeholder: "count", example: "20" }, parse: count(1) },
    help: "With --processes-of, print so many programs and processes; without this option, 10 of each in a table, and 200,000 processes in JSON and CSV.",
  }),
  processesFormat: modifier({
    ...{ flag: "--processes-format", of: "--processes-of", operand: { placeholder: "format", example: "csv" } },
    parse: oneOf(PROCESS_FORMATS),
    help: "With --processes-of, print a table, json, or csv with a line for each process; without this option, a table.",
  }),
  history: mode({
    flag: "--history",
    shorts: [],
    help: "List the runs of this repository or folder that --remember kept, those of one command if it is named: statexec --history make test. No command runs.",
  }),
  branch: modifier({
    ...{ flag: "--branch", of: "--history", operand: { placeholder: "name", example: "main" }, parse: labelValue },
    help: "With --history, list runs of this branch only.",
  }),
  last: modifier({
    ...{ flag: "--last", of: "--history", operand: { placeholder: "count", example: "50" }, parse: count(1) },
    help: "With --history, take so many of the newest runs; without this option, 20 in a table, 500 in a trend, and all in JSON.",
  }),
  trend: modifier({
    ...{
      flag: "--trend",
      of: "--history",
      operand: { placeholder: "figures", example: "wall,cpu" },
      parse: rememberedNames,
    },
    help: "With --history, show how figures went from commit to commit on each branch, and where they changed: wall, cpu, memory, memory-with-cache, processes, threads, read, written, instructions or switches, with commas between them.",
  }),
  host: modifier({
    ...{ flag: "--host", of: "--history", operand: { placeholder: "name", example: "build-1" }, parse: labelValue },
    help: "With --history, list runs of the machine with this name only.",
  }),
  since: modifier({
    ...{ flag: "--since", of: "--history", operand: { placeholder: "time", example: "30d" }, parse: sinceTime },
    help: "With --history, list runs only that began so long ago at most, such as 30d or 12h, or from a date on, such as 2026-11-01 in UTC.",
  }),
  import: modifier({
    ...{ flag: "--import", of: "--history", operand: { placeholder: "file", example: "runs.jsonl" }, parse: filePath },
    help: "With --history, add the runs of this file, which --history-format json printed, and list none; - is standard input. Runs that are in the history are not added again; a line that is wrong adds none.",
  }),
  historyFormat: modifier({
    ...{ flag: "--history-format", of: "--history", operand: { placeholder: "format", example: "json" } },
    parse: oneOf(HISTORY_FORMATS),
    help: "With --history, print a table, json with a line for each run, or the trend as markdown or html; without this option, a table.",
  }),
  recover: mode({
    flag: "--recover",
    shorts: [],
    help: "Make the metrics file from each named journal of a run that was killed; without a name, list the journals in this folder. No command runs.",
  }),
  listCollectors: mode({
    flag: "--list-collectors",
    shorts: [],
    help: "List the collectors, what each reads and whether it works here. No command runs.",
  }),
  push: modeWith({
    flag: "--push",
    shorts: [],
    operand: { placeholder: "url", example: "http://vmsingle:8428" },
    parse: pushTarget,
    help: "Send the named metrics files, without a name statexec_metrics.prom, to VictoriaMetrics, or by OTLP to Prometheus, Mimir or Grafana Cloud. No command runs.",
  }),
  watch: mode({
    flag: "--watch",
    shorts: [],
    help: "Show a run that goes on, in another terminal: its CPU, memory, disk and network so far, what holds it back, its programs, and with --budget what is left. Name its metrics file, its journal, or the pid of its statexec; without a name, the newest run in this folder. No command runs.",
  }),
  mark: modeWith({
    flag: "--mark",
    shorts: [],
    operand: { placeholder: "phase", example: "link" },
    parse: phaseName,
    help: "In a script that statexec runs: begin a phase of this name, which lasts until the next one. Where nobody records the script, nothing happens, with status 0.",
  }),
  completions: modeWith({
    flag: "--completions",
    shorts: [],
    operand: { placeholder: "shell", example: "bash" },
    parse: shell,
    help: "Print the completion of bash, fish or zsh: source <(statexec --completions bash). No command runs.",
  }),
  version: mode({ flag: "--version", shorts: ["-v"], help: "Print the version and exit." }),
  help: mode({
    flag: "--help",
    shorts: ["-help", "-h"],
    help: "Print a help of two screens and exit; --help all prints every option.",
  }),
};
