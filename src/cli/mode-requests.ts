import {
  type Budget,
  DEFAULT_NOISE,
  type ExportFormat,
  type ExportShape,
  type HistoryFormat,
  type ProcessFormat,
  type ProcessSort,
  type RememberedName,
} from "../catalog/choices.ts";
import { UsageError } from "../errors.ts";
import { type SplitWords, splitOperands } from "./argv.ts";
import { isRelative } from "./budget-syntax.ts";
import type { PushConfig } from "./config.ts";
import type { SinceTime, SizeFormat } from "./option-values.ts";
import { type Given, type ModeName, OPTIONS, type OptionId, quoteWord, readValue } from "./options.ts";
import { checkPushNames, readSecrets } from "./push-target.ts";

export interface ReportRequest {
  /** Path of the page. */
  readonly page: string;
  /** Paths of metrics files; at least one. */
  readonly files: readonly string[];
}

export interface ExportRequest {
  /** Path of the file that is written. */
  readonly target: string;
  readonly format: ExportFormat;
  readonly shape: ExportShape;
  /** Paths of metrics files; one for a trace, else at least one. */
  readonly files: readonly string[];
}

export interface CompareRequest {
  /** Paths of files, at least one a side. */
  readonly base: readonly string[];
  readonly next: readonly string[];
  /** The change that counts as none: 0.05 is 5 %. */
  readonly noise: number;
  /** Whether the commands may differ. */
  readonly anyCommand: boolean;
}

export interface SizeRequest {
  /** Paths of files; at least one. */
  readonly files: readonly string[];
  readonly format: SizeFormat;
}

export interface RecoverRequest {
  /** Paths of journals; empty: those of this folder are listed. */
  readonly journals: readonly string[];
  /** Path of the metrics file; undefined: the one that the run would have written. */
  readonly file: string | undefined;
}

export interface PushRequest {
  readonly target: PushConfig;
  /** Paths of metrics files; at least one. */
  readonly files: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The words of a mode after their check. */
interface ModeWords {
  readonly operands: readonly string[];
  /** Returns the values of an option, in the order in which they were given. */
  values<Id extends OptionId>(id: Id): ReturnType<typeof readValue<Id>>[];
  readonly env: Environment;
}

/** What each mode makes of its words. The modes that are not here take none: with those, no other word is checked. */
const REQUESTS = {
  explore: ({ operands, values }: ModeWords) => ({
    paths: operands,
    open: !values("noOpen").includes(true),
    address: values("explorePort").at(-1),
  }),
  report: ({ operands, values }: ModeWords): ReportRequest => ({
    page: values("report").at(-1)!,
    files: orDefault(operands),
  }),
  export: exportRequest,
  compare: compareRequest,
  size: sizeRequest,
  processesOf: processesRequest,
  history: historyRequest,
  watch: watchRequest,
  mark: markRequest,
  completions: ({ values }: ModeWords) => ({ shell: values("completions").at(-1)! }),
  recover: ({ operands, values }: ModeWords): RecoverRequest => ({ journals: operands, file: values("file").at(-1) }),
  push: pushRequest,
} satisfies Partial<Record<ModeName, (words: ModeWords) => object>>;

type Requests = typeof REQUESTS;

/** What a help is about. A word that is no topic is not wrong: help is given for anything. */
type HelpTopic = "all" | undefined;

/** What a command line asks for that names a mode. */
export type ModeInvocation<Name extends ModeName = ModeName> = {
  [Each in Name]: { readonly mode: Each } & (Each extends keyof Requests
    ? ReturnType<Requests[Each]>
    : Each extends "help"
      ? { readonly topic: HelpTopic }
      : unknown);
}[Name];

/**
 * Returns the mode that was asked for: one that only prints what is asked for, such as `--help`, before another, else the first.
 * A wrong value (`--help=x`) is left to the check of all flags.
 */
export function askedMode(flags: readonly Given[]): ModeName | undefined {
  let first: ModeName | undefined;
  for (const { option: id, text } of flags) {
    const option = OPTIONS[id];
    if (option.kind !== "mode") continue;
    if (option.operand === undefined && option.parse(text ?? "true") !== true) continue;
    if (!(id in REQUESTS)) return id as ModeName;
    first ??= id as ModeName;
  }
  return first;
}

/** Reads the words of a mode. Throws UsageError. */
export function modeInvocation(mode: ModeName, argv: readonly string[], env: Environment): ModeInvocation {
  if (mode === "help") return { mode, topic: splitOperands(argv).rest[0] === "all" ? "all" : undefined };
  if (!(mode in REQUESTS)) return { mode } as ModeInvocation;
  const request: (words: ModeWords) => object = REQUESTS[mode as keyof Requests];
  return { mode, ...request(checkedWords(splitOperands(argv), mode, env)) } as ModeInvocation;
}

/** Checks the value of each option, and that each has an effect. Throws UsageError. */
function checkedWords({ given, rest, problem }: SplitWords, mode: ModeName, env: Environment): ModeWords {
  const values = given.map((each) => [each.option, readValue(each)] as const);
  if (problem !== undefined) throw problem;
  refuseModifiers(given, mode);
  refuseOthers(given, mode);
  const valuesFor = (id: OptionId) => values.filter(([option]) => option === id).map(([, value]) => value);
  return { operands: rest, values: valuesFor as ModeWords["values"], env };
}

/** Refuses the options of other modes than this one, since they would have no effect. Throws UsageError. */
export function refuseModifiers(given: readonly Given[], mode: ModeName | undefined): void {
  for (const { option: id, where } of given) {
    const option = OPTIONS[id];
    if (option.kind === "modifier" && (mode === undefined || option.of !== OPTIONS[mode].flag))
      throw new UsageError(`${where} has no effect without ${option.of}; leave it out`);
  }
}

/** The settings of a run that a mode uses as well. */
const SHARED_SETTINGS: Partial<Record<ModeName, readonly OptionId[]>> = {
  recover: ["file"],
  history: ["historyFile"],
  push: ["pushNames", "pushCi"],
  watch: ["budgets", "historyFile"],
};

/** Refuses a second mode, and what only a run uses. Throws UsageError. */
function refuseOthers(given: readonly Given[], mode: ModeName): void {
  const { flag } = OPTIONS[mode];
  for (const { option: id, where } of given) {
    const { kind } = OPTIONS[id];
    if (kind === "mode" && id !== mode)
      throw new UsageError(`${flag} and ${OPTIONS[id].flag} cannot be done at once; give one of them`);
    if (kind !== "mode" && kind !== "modifier" && !SHARED_SETTINGS[mode]?.includes(id))
      throw new UsageError(`${where} has no effect with ${flag}, since no command runs; leave it out`);
  }
}

/** Without a name, a mode reads the file that a run writes by default. */
function orDefault(files: readonly string[]): readonly string[] {
  return files.length > 0 ? files : [OPTIONS.file.default];
}

export interface WatchRequest {
  /** A metrics file, a journal, or a pid; undefined: the newest run of this folder. */
  readonly what: string | undefined;
  /** What the run may use. */
  readonly budgets: readonly Budget[];
  /** Where it is remembered how long runs take; undefined: in the user's history. */
  readonly historyFile: string | undefined;
}

function watchRequest({ operands, values, env }: ModeWords): WatchRequest {
  const [what, other] = operands;
  if (other !== undefined) throw new UsageError(`--watch shows one run; leave out ${quoteWord(other)}`);
  const budgets = values("budgets").flat();
  const relative = budgets.find(isRelative);
  if (relative)
    throw new UsageError(`--budget: ${relative.text} is relative to earlier runs; --watch takes amounts (memory<2GiB)`);
  return { what, budgets, historyFile: values("historyFile").at(-1) ?? fromVariable("historyFile", env) };
}

function markRequest({ operands, values }: ModeWords): { readonly phase: string } {
  const [word] = operands;
  if (word !== undefined)
    throw new UsageError(
      `--mark runs no command; write it on a line before ${quoteWord(word)}, with the phase in quotes`,
    );
  return { phase: values("mark").at(-1)! };
}

/** The formats by the ending of a file. */
const EXPORT_ENDINGS: Readonly<Record<string, ExportFormat>> = {
  ".json": "trace",
  ".csv": "csv",
  ".parquet": "parquet",
};

function exportRequest({ operands, values }: ModeWords): ExportRequest {
  const target = values("export").at(-1)!;
  const ending = /\.(?:json|csv|parquet)(?=(?:\.gz|\.zst)?$)/.exec(target)?.[0] ?? "";
  const format = values("exportFormat").at(-1) ?? EXPORT_ENDINGS[ending];
  if (format === undefined)
    throw new UsageError(
      `--export: the ending of ${quoteWord(target)} names no format; end it in .json (a trace), .csv or .parquet, .csv.gz and the like, or add --export-format`,
    );
  if (format === "parquet" && /\.(gz|zst)$/.test(target))
    throw new UsageError(
      `--export: Parquet is compressed in itself; leave the last ending of ${quoteWord(target)} out`,
    );
  const shape = values("exportShape").at(-1);
  if (shape !== undefined && format === "trace")
    throw new UsageError("--export-shape has no effect on a trace; leave it out");
  const files = orDefault(operands);
  if (format === "trace" && files.length > 1)
    throw new UsageError(`--export: a trace shows one file; leave out ${quoteWord(files[1]!)}`);
  return { target, format, shape: shape ?? "long", files };
}

function sizeRequest({ operands, values }: ModeWords): SizeRequest {
  if (operands.length === 0)
    throw new UsageError(
      "--size: no files; name those of several runs (statexec --size run1.prom run2.prom run3.prom)",
    );
  return { files: operands, format: values("sizeFormat").at(-1) ?? "table" };
}

export interface ProcessesRequest {
  /** A metrics file, or the record of processes beside it. */
  readonly file: string;
  readonly format: ProcessFormat;
  readonly sort: ProcessSort;
  /** How many are printed; undefined: as many as the format has by default. */
  readonly top: number | undefined;
  /** Seconds from the command's start; undefined: the whole run, and what samples do not tell. */
  readonly window: { readonly fromSeconds: number; readonly toSeconds: number } | undefined;
}

function processesRequest({ operands, values }: ModeWords): ProcessesRequest {
  const [file = OPTIONS.file.default, other] = operands;
  if (other !== undefined) throw new UsageError(`--processes-of takes one file; leave out ${quoteWord(other)}`);
  const sort = values("sort").at(-1) ?? "cpu";
  return {
    ...{ file, format: values("processesFormat").at(-1) ?? "table", sort },
    ...{ top: values("top").at(-1), window: windowOf(values, sort) },
  };
}

function windowOf(values: ModeWords["values"], sort: ProcessSort): ProcessesRequest["window"] {
  const [at, from, to] = [values("at").at(-1), values("from").at(-1), values("to").at(-1)];
  if (at === undefined && from === undefined && to === undefined) return undefined;
  if (at !== undefined && (from !== undefined || to !== undefined))
    throw new UsageError("--at is one time, --from and --to are two; leave out one of them");
  if (sort !== "cpu" && sort !== "memory")
    throw new UsageError(
      `--sort ${sort}: samples have cpu and memory; leave out --at, --from and --to for the whole run`,
    );
  const window = { fromSeconds: at ?? from ?? 0, toSeconds: at ?? to ?? Number.POSITIVE_INFINITY };
  if (at === undefined && window.toSeconds <= window.fromSeconds)
    throw new UsageError(`--to ${window.toSeconds}: expected more than --from, which is ${window.fromSeconds}`);
  return window;
}

export interface HistoryRequest {
  /** Undefined: the user's. */
  readonly file: string | undefined;
  /** Undefined: all. */
  readonly branch: string | undefined;
  /** How the command begins; empty: all. */
  readonly command: string;
  readonly format: HistoryFormat;
  /** How many of the newest; undefined: as many as the format has by default. */
  readonly last: number | undefined;
  /** Name of the machine; undefined: all. */
  readonly host: string | undefined;
  /** When the first wanted run started, or later; undefined: all. */
  readonly since: SinceTime | undefined;
  /** The file of an export that is added; undefined: runs are listed. */
  readonly importFrom: string | undefined;
  /** The figures whose trend is shown; empty: none. */
  readonly trend: readonly RememberedName[];
}

/** The figures of a trend where only its form was asked for. */
const USUAL_TREND = ["wall", "cpu", "memory"] as const;

function historyRequest({ operands, values, env }: ModeWords): HistoryRequest {
  const importFrom = values("import").at(-1);
  if (importFrom !== undefined) refuseFilters(operands, values);
  const format = values("historyFormat").at(-1) ?? "table";
  const trend = [...new Set(values("trend").flat())];
  if (format === "json" && trend.length > 0)
    throw new UsageError("--history-format json prints runs, which --trend does not change; leave one of them out");
  const isTrend = format === "markdown" || format === "html";
  return {
    file: values("historyFile").at(-1) ?? fromVariable("historyFile", env),
    ...{ branch: values("branch").at(-1), command: operands.join(" "), last: values("last").at(-1) },
    ...{ host: values("host").at(-1), since: values("since").at(-1), importFrom },
    ...{ format, trend: isTrend && trend.length === 0 ? USUAL_TREND : trend },
  };
}

/** What chooses runs of the history has no effect on an import. Throws UsageError. */
function refuseFilters(operands: ModeWords["operands"], values: ModeWords["values"]): void {
  const ids = ["branch", "host", "since", "last", "historyFormat", "trend"] as const;
  const given = ids.find((id) => values(id).length > 0);
  const word = given === undefined ? operands[0] : OPTIONS[given].flag;
  if (word !== undefined)
    throw new UsageError(
      `${quoteWord(word)} has no effect with --import, which adds all runs of its file; leave it out`,
    );
}

function pushRequest({ operands, values, env }: ModeWords): PushRequest {
  const target = values("push").at(-1)!;
  const style = {
    names: values("pushNames").at(-1) ?? fromVariable("pushNames", env) ?? OPTIONS.pushNames.default,
    ci: values("pushCi").at(-1) ?? fromVariable("pushCi", env) ?? OPTIONS.pushCi.default,
  };
  checkPushNames(target, style.names);
  if (values("pushCi").includes(true) && style.names !== "otel")
    throw new UsageError("--push-ci has no effect without --push-names otel; add that, or leave it out");
  return { target: { ...target, ...style, secrets: readSecrets(env) }, files: orDefault(operands) };
}

/** Returns the value of a setting that a mode has too, as its variable gives it; undefined: it is not set. */
function fromVariable<Id extends "pushNames" | "pushCi" | "historyFile">(id: Id, env: Environment) {
  const where = OPTIONS[id].env;
  const text = env[where];
  if (text === undefined || text === "") return undefined;
  return readValue<Id>({ option: id, origin: "variable", where, text });
}

function compareRequest({ operands, values }: ModeWords): CompareRequest {
  const named = values("base");
  const [first, second, ...others] = operands;
  const usage = "name two files (statexec --compare base.prom new.prom)";
  if (first === undefined) throw new UsageError(`--compare: no files; ${usage}`);
  if (named.length === 0 && second === undefined) throw new UsageError(`--compare: one file only; ${usage}`);
  if (named.length === 0 && others.length > 0)
    throw new UsageError(
      "--compare: more than two files; put --base before each that is compared with (statexec --compare --base a.prom --base b.prom new.prom)",
    );
  return {
    base: named.length > 0 ? named : [first],
    next: named.length > 0 ? operands : operands.slice(1),
    noise: values("noise").at(-1) ?? DEFAULT_NOISE,
    anyCommand: values("anyCommand").at(-1) === true,
  };
}
