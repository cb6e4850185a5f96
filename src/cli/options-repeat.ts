import { setting } from "./option.ts";
import {
  boolean,
  count,
  type OutputPlace,
  outputPath,
  outputPlace,
  parameter,
  percent,
  seconds,
  shellCommand,
} from "./option-values.ts";

/** The files that the table of several runs goes to. `src/repeat/runs-files.ts` has a serializer for each. */
export const RUNS_FILE_OPTIONS = {
  /** `-` has become `/dev/stdout`. */
  runsJson: setting({
    flag: "--runs-json",
    shorts: [],
    operand: { placeholder: "file", example: "runs.json" },
    parse: outputPath,
    default: undefined,
    help: "With --runs: write the table and every run to this file, as JSON with exact figures; - is standard output.",
  }),
  /** `-` has become `/dev/stdout`. */
  runsMarkdown: setting({
    flag: "--runs-markdown",
    shorts: [],
    operand: { placeholder: "file", example: "runs.md" },
    parse: outputPath,
    default: undefined,
    help: "With --runs: append the table to this file, as Markdown for the job page of a CI system.",
  }),
  /** `-` has become `/dev/stdout`. */
  runsCsv: setting({
    flag: "--runs-csv",
    shorts: [],
    operand: { placeholder: "file", example: "runs.csv" },
    parse: outputPath,
    default: undefined,
    help: "With --runs: write the figures of every run to this file, as a line of CSV each.",
  }),
};

/** How often the command is run, and what happens between its runs. A single run uses none of the others. */
export const REPEAT_OPTIONS = {
  runs: setting({
    flag: "--runs",
    shorts: [],
    operand: { placeholder: "count", example: "10" },
    parse: count(1),
    default: 1,
    help: "Run the command so many times, each into a metrics file of its own such as name.1.prom, and print a table of all runs on standard error. The first run that fails ends it.",
  }),
  /** Whether each word of the command is a command line. */
  versus: setting({
    flag: "--versus",
    shorts: [],
    parse: boolean,
    default: false,
    help: "Compare several commands, each a command line in one word: statexec --runs 10 --versus 'grep -r x .' 'rg x'. They run in turns, and the table compares each with the first.",
  }),
  shell: setting({
    flag: "--shell",
    shorts: [],
    parse: boolean,
    default: false,
    help: "With --versus: let /bin/sh run each command line, for pipes, variables and patterns. Without it, words are split as a shell does.",
  }),
  parameters: setting({
    flag: "--parameter",
    shorts: [],
    operand: { placeholder: "name=values", example: "threads=1,2,4" },
    parse: parameter,
    default: [],
    defaultText: undefined,
    repeatable: true,
    help: "Run the command with each of these values in place of {name}, in turns, and compare each with the first; of several parameters, with all combinations: --parameter threads=1,2,4 make -j{threads}.",
  }),
  warmup: setting({
    flag: "--warmup",
    shorts: [],
    operand: { placeholder: "count", example: "3" },
    parse: count(0),
    default: 0,
    help: "With --runs: run the command so many times before, unrecorded.",
  }),
  /** A fraction; undefined: all runs are made. */
  precision: setting({
    flag: "--precision",
    shorts: [],
    operand: { placeholder: "percent", example: "2" },
    parse: percent,
    default: undefined,
    help: "With --runs: end it earlier, from five runs on, as soon as the mean wall time is known to this many percent, with 95 % confidence.",
  }),
  /** Undefined: all runs are made. */
  maxSeconds: setting({
    flag: "--max-time",
    shorts: [],
    operand: { placeholder: "seconds", example: "60" },
    parse: seconds,
    default: undefined,
    help: "With --runs: start no further run after so many seconds, or with a unit: 500ms, 2min.",
  }),
  /** Undefined: nothing is run. */
  prepare: setting({
    flag: "--prepare",
    shorts: [],
    operand: { placeholder: "command", example: "make clean" },
    parse: shellCommand,
    default: undefined,
    help: "With --runs: run this by /bin/sh before each run and warm-up, unrecorded.",
  }),
  ignoreFailure: setting({
    flag: "--ignore-failure",
    shorts: [],
    parse: boolean,
    default: false,
    help: "With --runs: go on after a run that failed, and exit with 0.",
  }),
  output: setting({
    flag: "--output",
    shorts: [],
    operand: { placeholder: "where", example: "null" },
    parse: outputPlace,
    default: "inherit" as OutputPlace,
    help: "With --runs: where the command's standard output goes: inherit, null, pipe, which is read and thrown away, or a file, which has that of all runs.",
  }),
  ...RUNS_FILE_OPTIONS,
};
