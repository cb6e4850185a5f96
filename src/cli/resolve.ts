import { UsageError } from "../errors.ts";
import { splitArgv } from "./argv.ts";
import { type Config, configOf, idleFlags, type Settings } from "./config.ts";
import { readEnvironment } from "./environment.ts";
import { mergeLabels } from "./labels.ts";
import { askedMode, type ModeInvocation, modeInvocation, refuseModifiers } from "./mode-requests.ts";
import { type Given, OPTIONS, type OptionId, readValue, type SettingId } from "./options.ts";
import { RUN_OPTIONS } from "./options-run.ts";
import { SYNC_OPTIONS } from "./options-sync.ts";
import { checkPushNames, readSecrets } from "./push-target.ts";

/** What a command line and an environment ask for. */
type Invocation = RunInvocation | ModeInvocation;

interface RunInvocation {
  readonly mode: "run";
  readonly config: Config;
  /** The options before the command, in the order in which they were typed. */
  readonly flags: readonly Given[];
  /** What looks like a mistake but may be intended: a line each, for stderr before the command starts. */
  readonly warnings: readonly string[];
}

/** Everything that was given, by origin. */
interface Sources {
  readonly flags: readonly Given[];
  readonly variables: readonly Given[];
}

/**
 * Decides what statexec does: a flag wins over a variable, a variable over the default, for each setting by itself.
 * The value of every flag is checked, also of one that is repeated; that of a variable is checked unless a flag wins.
 * `--help` or `--version` before the command wins, whatever else is wrong. Throws UsageError.
 */
export function parseInvocation(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Invocation {
  const split = splitArgv(argv);
  const mode = askedMode(split.given);
  if (mode !== undefined) return modeInvocation(mode, argv, env);
  for (const given of split.given) readValue(given);
  if (split.problem !== undefined) throw split.problem;
  refuseModifiers(split.given, undefined);
  const command = split.rest;
  if (command.length === 0)
    throw new UsageError("no command: name it after the options (e.g. statexec -- make -j8), or see statexec --help");
  const environment = readEnvironment(env);
  const sources = { flags: split.given, variables: environment.given };
  const settings = decideAll(sources);
  const labels = mergeLabels(...givenFor(sources, "label"));
  const { pushTo: target, pushNames: names, pushCi: ci } = settings.run;
  if (target !== undefined) checkPushNames(target, names);
  const pushTo = target && { ...target, names, ci, secrets: readSecrets(env) };
  const config = configOf(settings, { command, labels, pushTo });
  const { given: flags } = split;
  return { mode: "run", config, flags, warnings: [...environment.warnings, ...idleFlags(config, flags)] };
}

/** Returns what was given for one option, by origin. */
function givenFor<Id extends OptionId>(
  { flags, variables }: Sources,
  id: Id,
): [flags: Given<Id>[], variables: Given<Id>[]] {
  const isOfIt = (given: Given): given is Given<Id> => given.option === id;
  return [flags.filter(isOfIt), variables.filter(isOfIt)];
}

function decideAll(sources: Sources): Settings {
  const from = new Map<SettingId, Given>();
  const run = decideTable(sources, RUN_OPTIONS, from) as Settings["run"];
  return { run, sync: decideTable(sources, SYNC_OPTIONS, from) as Settings["sync"], from };
}

function decideTable(sources: Sources, table: object, from: Map<SettingId, Given>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const isAnyGiven = sources.flags.length + sources.variables.length > 0;
  for (const id of Object.keys(table) as OptionId[]) {
    if (!isSetting(id)) continue;
    const given = isAnyGiven ? deciding(sources, id) : undefined;
    values[id] = given === undefined ? OPTIONS[id].default : givenValue(sources, given, id);
    if (given !== undefined) from.set(id, given);
  }
  return values;
}

/** Returns the occurrence that decides a setting: of one origin the specific before the general, the last before others. */
function deciding({ flags, variables }: Sources, id: SettingId): Given | undefined {
  const { general } = OPTIONS[id];
  return last(flags, id) ?? last(flags, general) ?? last(variables, id) ?? last(variables, general);
}

function last(givens: readonly Given[], id: string | undefined): Given | undefined {
  for (let i = givens.length - 1; i >= 0; i--) if (givens[i]!.option === id) return givens[i];
  return undefined;
}

/** Returns the value of the occurrence that decides, or the joined lists of all occurrences of its origin. */
function givenValue(sources: Sources, given: Given, id: SettingId): unknown {
  if (!OPTIONS[id].repeatable) return readValue(given);
  return givenFor(sources, id)
    .flat()
    .filter(({ origin }) => origin === given.origin)
    .flatMap((one): unknown => readValue(one));
}

function isSetting(id: OptionId): id is SettingId {
  return OPTIONS[id].kind === "setting";
}
