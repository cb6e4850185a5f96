import { UsageError } from "../errors.ts";
import { type Split, splitArgv, splitOperands } from "./argv.ts";
import type { Budget } from "./budget.ts";
import type { Config, Invocation } from "./config.ts";
import { readEnvironment } from "./env.ts";
import { type Given, quote, read, type Settings } from "./given.ts";
import { mergeLabels } from "./labels.ts";
import { comparison, exploration, refuseModifiers } from "./modes.ts";
import { type Mode, OPTION_IDS, OPTIONS, type OptionId, type SettingId } from "./options.ts";
import type { PushTarget } from "./push-url.ts";
import { readSecrets } from "./secrets.ts";
import { lackingSide, syncOf } from "./sync-config.ts";
import { writable } from "./values.ts";

/** Everything that was given, by origin. */
interface Sources {
  readonly flags: readonly Given[];
  readonly variables: readonly Given[];
}

/**
 * What a command line and an environment ask for: flag over variable over default, decided once for each setting.
 * Every flag's value is checked, of a repeated one too; a variable's is checked unless a flag decides in its place.
 * `--help` or `--version` before the command wins, whatever else is wrong. Throws UsageError.
 */
export function parseInvocation(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Invocation {
  const split = splitArgv(argv);
  const mode = askedMode(split.given);
  if (mode === "recover") return recovery(splitOperands(argv));
  if (mode === "report") return report(splitOperands(argv));
  if (mode === "explore") return exploration(splitOperands(argv));
  if (mode === "compare") return comparison(splitOperands(argv));
  if (mode === "push") return push(splitOperands(argv), env);
  if (mode !== undefined) return { mode };
  for (const given of split.given) read(given);
  if (split.problem !== undefined) throw split.problem;
  refuseModifiers(split.given, "run");
  if (split.command.length === 0)
    throw new UsageError("no command: name it after the options (e.g. statexec -- make -j8), or see statexec --help");
  const environment = readEnvironment(env);
  const sources = { flags: split.given, variables: environment.given };
  const settings = decideAll(sources);
  const decided = configOf(split.command, settings, mergeLabels(...of(sources, "label")));
  const { pushTo } = settings.values;
  const config = { ...decided, pushTo: pushTo && { ...pushTo, secrets: readSecrets(env) } };
  return { mode: "run", config, warnings: [...environment.warnings, ...idleFlags(config, split.given)] };
}

/** What a recovery takes of the options is the file. */
function recovery({ given, command, problem }: Split): Invocation {
  for (const each of given) read(each);
  if (problem !== undefined) throw problem;
  refuseModifiers(given, "recover");
  const [files] = of({ flags: given, variables: [] }, "file");
  const file = files.at(-1);
  return { mode: "recover", journals: command, file: file && read(file) };
}

/** What a report takes of the options is its own. */
function report({ given, command, problem }: Split): Invocation {
  for (const each of given) read(each);
  if (problem !== undefined) throw problem;
  refuseModifiers(given, "report");
  const page = read(given.findLast(({ option }) => option === "report")!);
  return { mode: "report", page: String(page), files: command };
}

/** What a push takes of the options is its own target. */
function push({ given, command, problem }: Split, env: Readonly<Record<string, string | undefined>>): Invocation {
  for (const each of given) read(each);
  if (problem !== undefined) throw problem;
  const target = read(given.findLast(({ option }) => option === "push")!) as PushTarget;
  const files = command.length > 0 ? command : [OPTIONS.file.default];
  return { mode: "push", target: { ...target, secrets: readSecrets(env) }, files };
}

/** The first mode that was asked for; a mode's wrong value (`--help=x`) is left for the check of all flags. */
function askedMode(flags: readonly Given[]): Mode["mode"] | undefined {
  for (const { option: id, text } of flags) {
    const option = OPTIONS[id];
    if (option.kind !== "mode") continue;
    if (option.operand !== undefined || option.parse(text ?? "true") === true) return option.mode;
  }
  return undefined;
}

/** What was given for one option, by origin. */
function of<K extends OptionId>({ flags, variables }: Sources, id: K): [flags: Given<K>[], variables: Given<K>[]] {
  const isOfIt = (given: Given): given is Given<K> => given.option === id;
  return [flags.filter(isOfIt), variables.filter(isOfIt)];
}

function decideAll(sources: Sources): Settings {
  const values: Partial<Record<SettingId, unknown>> = {};
  const from = new Map<SettingId, Given>();
  const isAnyGiven = sources.flags.length + sources.variables.length > 0;
  for (const id of OPTION_IDS) {
    if (!isSetting(id)) continue;
    const given = isAnyGiven ? deciding(sources, id) : undefined;
    values[id] = given === undefined ? OPTIONS[id].default : givenValue(sources, given, id);
    if (given !== undefined) from.set(id, given);
  }
  return { values: values as Settings["values"], from };
}

/** The occurrence that decides a setting: within an origin the specific before the general, the last before others. */
function deciding({ flags, variables }: Sources, id: SettingId): Given | undefined {
  const { general } = OPTIONS[id];
  return last(flags, id) ?? last(flags, general) ?? last(variables, id) ?? last(variables, general);
}

function last(givens: readonly Given[], id: string | undefined): Given | undefined {
  for (let i = givens.length - 1; i >= 0; i--) if (givens[i]!.option === id) return givens[i];
  return undefined;
}

/** The value of the occurrence that decides, or the lists of all of its origin. */
function givenValue(sources: Sources, given: Given, id: SettingId): unknown {
  if (!OPTIONS[id].repeatable) return read(given);
  return of(sources, id)
    .flat()
    .filter(({ origin }) => origin === given.origin)
    .flatMap(read);
}

function isSetting(id: OptionId): id is SettingId {
  return OPTIONS[id].kind === "setting";
}

/** Settings that are a field of Config by name become that field; the others are what the rest is made of. */
function configOf(
  command: readonly string[],
  settings: Settings,
  labels: ReadonlyMap<string, string>,
): Omit<Config, "pushTo"> {
  const { delaySeconds, noRecordArgs, instance, summary, quiet, budget, baseline, pushTo, ...rest } = settings.values;
  const { connect, server, syncPort, syncStartOnly, syncTimeoutSeconds, ready, syncClients, ...others } = rest;
  const { syncGraceSeconds, stopTimeoutSeconds, syncToken, syncTokenFile, syncBind, ...fields } = others;
  checkBudgets(settings);
  return {
    ...fields,
    summary: quiet ? "never" : summary ? "always" : "on a terminal",
    budgets: budget,
    baselines: baseline,
    command,
    instance: instance ?? writable(command[0] ?? ""),
    labels,
    recordArgs: !noRecordArgs,
    sync: syncOf(settings),
  };
}

/** A budget over a baseline needs one. */
function checkBudgets({ values: { budget, baseline }, from }: Settings): void {
  const relative = budget.find(isRelative);
  if (relative === undefined || baseline.length > 0) return;
  const { where } = from.get("budget")!;
  throw new UsageError(`${where}: ${quote(relative.text)} needs a run to compare with; add --baseline base.prom`);
}

function isRelative({ limit }: Budget): boolean {
  return "overBaseline" in limit;
}

/**
 * Flags that come to nothing without another one, which was perhaps forgotten. A script may always give them, so they
 * are no error; of variables, which are set for many runs, nothing is said.
 */
function idleFlags(config: Config, flags: readonly Given[]): string[] {
  const idle: string[] = [];
  for (const given of flags) {
    const lacking = lackingFor(given, config);
    const warning = `${given.where} has no effect without ${lacking}`;
    if (lacking !== undefined && !idle.includes(warning)) idle.push(warning);
  }
  return idle;
}

/** What an option lacks to have an effect in this run. */
function lackingFor(given: Given, { sync, budgets }: Config): string | undefined {
  const isOn = read(given) !== false;
  switch (given.option) {
    case "budgetKill":
      return isOn && budgets.length === 0 ? "a --budget" : undefined;
    case "baseline":
      return budgets.some(isRelative) ? undefined : "a --budget that is relative to it (e.g. cpu<+10%)";
    default:
      return isOn ? lackingSide(given.option, sync) : undefined;
  }
}
