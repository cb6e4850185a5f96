import { UsageError } from "../errors.ts";
import { type Split, splitArgv, splitOperands } from "./argv.ts";
import type { Config, Invocation, SyncConfig } from "./config.ts";
import { readEnvironment } from "./env.ts";
import { assignment, type Given, read } from "./given.ts";
import { mergeLabels } from "./labels.ts";
import { type Mode, OPTION_IDS, OPTIONS, type OptionId, type SettingId, type SettingValue } from "./options.ts";
import type { PushTarget } from "./push-url.ts";
import { readSecrets } from "./secrets.ts";
import { writable } from "./values.ts";

/** Everything that was given, by origin. */
interface Sources {
  readonly flags: readonly Given[];
  readonly variables: readonly Given[];
}

/** Every setting's value, and the flag or variable that decided it; no entry: it is the default. */
interface Settings {
  readonly values: { readonly [K in SettingId]: SettingValue<K> };
  readonly from: ReadonlyMap<SettingId, Given>;
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
  if (mode === "push") return push(splitOperands(argv), env);
  if (mode !== undefined) return { mode };
  for (const given of split.given) read(given);
  if (split.problem !== undefined) throw split.problem;
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
  const [files] = of({ flags: given, variables: [] }, "file");
  const file = files.at(-1);
  return { mode: "recover", journals: command, file: file && read(file) };
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
  for (const id of OPTION_IDS) {
    if (!isSetting(id)) continue;
    const given = deciding(sources, id);
    values[id] = given === undefined ? OPTIONS[id].default : read(given);
    if (given !== undefined) from.set(id, given);
  }
  return { values: values as Settings["values"], from };
}

/** The occurrence that decides a setting: within an origin the specific before the general, the last before others. */
function deciding({ flags, variables }: Sources, id: SettingId): Given | undefined {
  const { general } = OPTIONS[id];
  for (const origin of [flags, variables]) {
    const given = origin.findLast(({ option }) => option === id) ?? origin.findLast(({ option }) => option === general);
    if (given !== undefined) return given;
  }
  return undefined;
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
  const { delaySeconds, connect, server, syncPort, syncStartOnly, noRecordArgs, instance, pushTo, ...fields } =
    settings.values;
  return {
    ...fields,
    command,
    instance: instance ?? writable(command[0] ?? ""),
    labels,
    recordArgs: !noRecordArgs,
    sync: syncOf(settings),
  };
}

function syncOf({ values, from }: Settings): SyncConfig | undefined {
  const { server, connect, syncPort, syncStartOnly: startOnly } = values;
  const [serverFrom, connectFrom] = [from.get("server"), from.get("connect")];
  if (server && connect !== undefined && serverFrom !== undefined && connectFrom !== undefined)
    throw new UsageError(
      `${assignment(serverFrom)} and ${assignment(connectFrom)}: a run is either server or client; remove one`,
    );
  if (server) return { role: "server", port: syncPort, startOnly };
  if (connect === undefined) return undefined;
  // A port in the address is the more specific, as --delay-before-command is; any flag wins over any variable.
  const flagOverVariable = from.get("syncPort")?.origin === "flag" && connectFrom?.origin === "variable";
  const port = flagOverVariable ? syncPort : (connect.port ?? syncPort);
  return { role: "client", host: connect.host, port, startOnly };
}

/**
 * Sync flags of a run that has nobody to synchronise with: perhaps `--server` was forgotten. A script may always
 * give them, so they are no error; of variables, which are set for many runs, nothing is said.
 */
function idleFlags({ sync }: Config, flags: readonly Given[]): string[] {
  if (sync !== undefined) return [];
  const idle = flags.filter(
    (given) => given.option === "syncPort" || (given.option === "syncStartOnly" && read(given) === true),
  );
  return [...new Set(idle.map(({ where }) => `${where} has no effect without --server or --connect`))];
}
