import { ALL_COLLECTORS, PERF_WAYS, type ProcessChoice } from "../catalog/choices.ts";
import { parseBudgets } from "./budget-syntax.ts";
import { list, setting } from "./option.ts";
import {
  boolean,
  collectorChoice,
  controlGroup,
  filePath,
  folderPath,
  inputPaths,
  interval,
  label,
  labelValue,
  oneOf,
  outputPath,
  processChoice,
  seconds,
  timestampMs,
} from "./option-values.ts";
import { LIVE_OPTIONS } from "./options-live.ts";
import { REPEAT_OPTIONS } from "./options-repeat.ts";
import { type PushNames, pushNames, pushTarget } from "./push-target.ts";

/** The files that a summary of the run goes to. `src/output/summary/summary-files.ts` has a serializer for each. */
export const SUMMARY_FILE_OPTIONS = {
  /** `-` has become `/dev/stdout`. */
  summaryJson: setting({
    flag: "--summary-json",
    shorts: [],
    operand: { placeholder: "file", example: "summary.json" },
    parse: outputPath,
    default: undefined,
    help: "Write the summary to this file, as JSON with exact figures; - is standard output.",
  }),
  /** `-` has become `/dev/stdout`. */
  summaryMarkdown: setting({
    flag: "--summary-markdown",
    shorts: [],
    operand: { placeholder: "file", example: "summary.md" },
    parse: outputPath,
    default: undefined,
    help: "Append the summary to this file, as Markdown for the job page of a CI system.",
  }),
};

/** What a run records and writes, and what it may use. Each setting is the field of Config that has its key. */
export const RUN_OPTIONS = {
  /** Path of the metrics file; `-` has become `/dev/stdout`. */
  file: setting({
    flag: "--file",
    shorts: ["-f"],
    operand: { placeholder: "file", example: "run.prom" },
    parse: outputPath,
    default: "statexec_metrics.prom",
    help: "Write the metrics to this file, compressed if its name ends in .gz or .zst; - is standard output.",
  }),
  /** The `instance` label. */
  instance: setting({
    flag: "--instance",
    shorts: ["-i"],
    operand: { placeholder: "name", example: "build-host" },
    parse: labelValue,
    default: undefined,
    defaultText: "the command's name",
    help: "Value of the label instance.",
  }),
  /** Time of the first sample, milliseconds since the epoch; undefined: the true one. */
  metricsStartTimeMs: setting({
    flag: "--metrics-start-time",
    shorts: ["-mst"],
    operand: { placeholder: "ms", example: "1704067200000" },
    parse: timestampMs,
    default: undefined,
    defaultText: "now",
    help: "Time stamp of the first sample, in milliseconds since the epoch.",
  }),
  delaySeconds: setting({
    flag: "--delay",
    shorts: ["-d"],
    operand: { placeholder: "seconds", example: "2.5" },
    parse: seconds,
    default: 0,
    help: "Record this long before and after the command.",
  }),
  delayBeforeSeconds: setting({
    flag: "--delay-before-command",
    shorts: ["-dbc"],
    operand: { placeholder: "seconds", example: "2.5" },
    parse: seconds,
    default: 0,
    defaultText: "--delay",
    general: "delaySeconds",
    help: "Record this long before the command starts.",
  }),
  delayAfterSeconds: setting({
    flag: "--delay-after-command",
    shorts: ["-dac"],
    operand: { placeholder: "seconds", example: "2.5" },
    parse: seconds,
    default: 0,
    defaultText: "--delay",
    general: "delaySeconds",
    help: "Record this long after the command has ended.",
  }),
  label: list({
    flag: "--label",
    shorts: ["-l"],
    env: "SE_LABEL_",
    operand: { placeholder: "key=value", example: "env=prod" },
    parse: label,
    help: "Put this label on every series; may be repeated. An empty value leaves the label out.",
  }),
  intervalSeconds: setting({
    flag: "--interval",
    shorts: [],
    operand: { placeholder: "seconds", example: "0.5" },
    parse: interval,
    default: 1,
    help: "Time between samples, 0.01 to 3600, or with a unit: 100ms, 2min.",
  }),
  /** Folder of the journal; undefined: the metrics file's. */
  journalDir: setting({
    flag: "--journal-dir",
    shorts: [],
    operand: { placeholder: "folder", example: "/var/tmp" },
    parse: folderPath,
    default: undefined,
    defaultText: "the metrics file's",
    help: "Folder of the journal, from which the metrics file can be made if statexec is killed.",
  }),
  /** Whether nobody waits until the disk has the files. */
  noSync: setting({
    flag: "--no-sync",
    shorts: [],
    parse: boolean,
    default: false,
    help: "Leave it to the kernel when journal and metrics file reach the disk: a power loss may then cost all of a run.",
  }),
  /** Whether the command's arguments are left out of the metrics file. */
  noRecordArgs: setting({
    flag: "--no-record-args",
    shorts: [],
    parse: boolean,
    default: false,
    help: "Leave the command's arguments out of the metrics file.",
  }),
  collectors: setting({
    flag: "--collectors",
    shorts: [],
    operand: { placeholder: "names", example: "cpu,memory" },
    parse: collectorChoice,
    default: ALL_COLLECTORS,
    defaultText: "all",
    help: "Use only these collectors, with commas between them; -name leaves one out; cpu=total records the sum of all CPUs in place of each.",
  }),
  /** Where the command's control group is made: `auto`, or in the group of this folder; undefined: it gets none. */
  cgroup: setting({
    flag: "--cgroup",
    shorts: [],
    operand: { placeholder: "group", example: "auto" },
    parse: controlGroup,
    default: undefined,
    defaultText: "off",
    help: "Run the command in a control group of its own, for exact figures: auto, the folder of an empty group to create it in, or off.",
  }),
  /** Whether the kernel's clock of tasks counts the command's CPU time besides, and whether hardware counters do. */
  perf: setting({
    flag: "--perf",
    shorts: [],
    operand: { placeholder: "way", example: "off" },
    parse: oneOf(PERF_WAYS),
    default: "auto",
    defaultText: "auto",
    help: "Also watch processes by perf events, which miss none: they prove CPU time, or bound it. auto, where the kernel allows it; counters, with hardware counters besides: instructions, cycles, misses; or off.",
  }),
  processes: setting({
    flag: "--processes",
    shorts: [],
    operand: { placeholder: "which", example: "all" },
    parse: processChoice,
    default: "off" as ProcessChoice,
    help: "Record each process beside the metrics file, in run.processes.jsonl.gz: off, top (the 200 with the most CPU time) or all.",
  }),
  summary: setting({
    flag: "--summary",
    shorts: [],
    parse: boolean,
    default: false,
    help: "Print a summary on standard error after the command; without this option, only if that is a terminal.",
  }),
  quiet: setting({
    flag: "--quiet",
    shorts: ["-q"],
    parse: boolean,
    default: false,
    help: "Print no summary.",
  }),
  ...SUMMARY_FILE_OPTIONS,
  /** What the run may use at most. */
  budgets: setting({
    flag: "--budget",
    shorts: [],
    operand: { placeholder: "limit", example: "memory<512MiB" },
    parse: parseBudgets,
    default: [],
    defaultText: undefined,
    repeatable: true,
    help: "Exit with 124 if the command used more than this limit of wall, cpu, memory, memory-with-cache, processes, threads, read, written or instructions; may be repeated, or hold several limits with commas between them. cpu<+10% is over a --baseline, cpu<+10% of history over what was usual of runs that --remember kept.",
  }),
  /** Whether the command is ended when it first exceeds a budget. */
  budgetKill: setting({
    flag: "--budget-kill",
    shorts: [],
    parse: boolean,
    default: false,
    help: "End the command as soon as it exceeds a budget.",
  }),
  /** Whether an inconclusive budget counts as exceeded. */
  budgetStrict: setting({
    flag: "--budget-strict",
    shorts: [],
    parse: boolean,
    default: false,
    help: "Exit with 124 also if the figures cannot prove that a budget was kept.",
  }),
  /** Metrics files of earlier runs, to which budgets can be relative. */
  baselines: setting({
    flag: "--baseline",
    shorts: [],
    operand: { placeholder: "file", example: "base.prom" },
    parse: inputPaths,
    default: [],
    defaultText: undefined,
    repeatable: true,
    help: "Metrics file of an earlier run, for budgets such as cpu<+10%; may be repeated.",
  }),
  ...LIVE_OPTIONS,
  remember: setting({
    flag: "--remember",
    shorts: [],
    parse: boolean,
    default: false,
    help: "When the run has ended, add its figures, the commit and the machine to the history, which --history lists; a failure does not change the exit status.",
  }),
  /** Undefined: the one of the user's state folder. */
  historyFile: setting({
    flag: "--history-file",
    shorts: [],
    operand: { placeholder: "file", example: "history.sqlite" },
    parse: filePath,
    default: undefined,
    help: "The file of --remember, --history, budgets of history and the expected end in --watch; without this option, statexec/history.sqlite in $XDG_STATE_HOME or ~/.local/state.",
  }),
  ...REPEAT_OPTIONS,
  /** Path of the page that shows the run; undefined: none is written. */
  reportTo: setting({
    flag: "--report-to",
    shorts: [],
    operand: { placeholder: "file", example: "out.html" },
    parse: outputPath,
    default: undefined,
    help: "Also write a page that shows the run, as one HTML file that needs no network.",
  }),
  /** Where the metrics file is sent when it is written; undefined: nowhere. */
  pushTo: setting({
    flag: "--push-to",
    shorts: [],
    operand: { placeholder: "url", example: "http://vmsingle:8428" },
    parse: pushTarget,
    default: undefined,
    help: "When the metrics file is written, send it there as --push does; a failure does not change the exit status.",
  }),
  pushNames: setting({
    flag: "--push-names",
    shorts: [],
    operand: { placeholder: "names", example: "otel" },
    parse: pushNames,
    default: "statexec" as PushNames,
    help: "How --push and --push-to name the series: statexec, as in the file; or otel, by OpenTelemetry's semantic conventions where they have the metric, which needs a target that takes OTLP.",
  }),
  /** Whether the resource has what the CI's variables say of its job. */
  pushCi: setting({
    flag: "--push-ci",
    shorts: [],
    parse: boolean,
    default: false,
    help: "Also send what the variables of the CI system say of the job: pipeline, task, repository, branch, commit; needs --push-names otel.",
  }),
};
