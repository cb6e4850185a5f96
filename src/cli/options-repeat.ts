import { setting } from "./option.ts";
import { boolean, count, percent, shellCommand } from "./option-values.ts";

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
};
