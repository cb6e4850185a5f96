import { writable } from "../catalog/label-value.ts";
import { UsageError } from "../errors.ts";
import { needsBaseline } from "./budget-syntax.ts";
import type { Setting } from "./option.ts";
import {
  assignment,
  type Given,
  OPTIONS,
  type OptionId,
  quote,
  readValue,
  type SettingId,
  type ValuesOf,
} from "./options.ts";
import type { RUN_OPTIONS } from "./options-run.ts";
import { SYNC_OPTIONS } from "./options-sync.ts";
import type { PushStyle, PushTarget, Secrets } from "./push-target.ts";

type RunValues = ValuesOf<typeof RUN_OPTIONS>;
type SyncValues = ValuesOf<typeof SYNC_OPTIONS>;

/**
 * What a run does, decided: the flag wins over the variable, the variable over the default, and every value is checked.
 * Each setting of RUN_OPTIONS is a field; those below are worked out from several.
 */
export interface Config extends Omit<RunValues, "delaySeconds" | "instance" | "pushTo" | "pushNames" | "pushCi"> {
  /** The command and its arguments, as typed; never empty. */
  readonly command: readonly string[];
  /** The `instance` label: by default the command's name. */
  readonly instance: string;
  /** The user's labels; their keys are legal. */
  readonly labels: ReadonlyMap<string, string>;
  /** Where the metrics file is sent when it is written; undefined: nowhere. */
  readonly pushTo: PushConfig | undefined;
  /** Undefined: the run is not synchronised with another. */
  readonly sync: SyncConfig | undefined;
}

/** The target of a push, with the secrets that it may ask for, and how it names what it sends. */
export interface PushConfig extends PushTarget, PushStyle {
  readonly secrets: Secrets;
}

/** The settings that mean something to one side of a synchronised run. */
type ValuesOfSide<Role extends "server" | "client"> = ValuesOf<{
  [Id in Exclude<keyof typeof SYNC_OPTIONS, JoinedOption> as (typeof SYNC_OPTIONS)[Id] extends Setting<
    unknown,
    "both" | Role
  >
    ? Id
    : never]: (typeof SYNC_OPTIONS)[Id];
}>;
type JoinedOption = "syncToken" | "syncTokenFile" | "syncTlsCert" | "syncTlsKey";

interface Token {
  /** The secret, or the file that has it. */
  readonly token: { readonly secret: string } | { readonly file: string } | undefined;
}

export interface ServerConfig extends ValuesOfSide<"server">, Token {
  readonly role: "server";
  /** The files of its certificate and key; undefined: it speaks plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

export interface ClientConfig extends ValuesOfSide<"client">, Token {
  readonly role: "client";
  /** As part of a URL: an IPv6 address has brackets. */
  readonly host: string;
  /** Whether the server is reached by HTTPS. */
  readonly tls: boolean;
}

/** One side of a synchronised run. */
export type SyncConfig = ServerConfig | ClientConfig;

/** The value of every setting, and the flag or variable that decided it; no entry: it is the default. */
export interface Settings {
  readonly run: RunValues;
  readonly sync: SyncValues;
  readonly from: ReadonlyMap<SettingId, Given>;
}

/** What a Config needs besides the settings. */
interface ConfigParts {
  readonly command: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly pushTo: PushConfig | undefined;
}

/** Makes the Config of a run. Throws UsageError where settings contradict each other. */
export function configOf(settings: Settings, { command, labels, pushTo }: ConfigParts): Config {
  const { delaySeconds, pushNames, pushCi, ...run } = settings.run;
  checkBaseline(settings);
  checkRepeatable(settings);
  const instance = run.instance ?? writable(command[0] ?? "");
  return { ...run, command, instance, labels, pushTo, sync: syncOf(settings) };
}

/** A budget that is relative needs a baseline. */
function checkBaseline({ run: { budgets, baselines }, from }: Settings): void {
  const relative = budgets.find(needsBaseline);
  if (relative === undefined || baselines.length > 0) return;
  const { where } = from.get("budgets")!;
  throw new UsageError(`${where}: ${quote(relative.text)} needs a run to compare with; add --baseline base.prom`);
}

/** What cannot be done several times. */
function checkRepeatable({ run, sync, from }: Settings): void {
  if (!isSeries(run)) return;
  const { where } = from.get(run.versus ? "versus" : run.parameters.length > 0 ? "parameters" : "runs")!;
  const refuse = (id: SettingId, why: string) => {
    const given = from.get(id);
    if (given) throw new UsageError(`${where} and ${assignment(given)}: ${why}; remove one`);
  };
  if (sync.server) refuse("server", "a synchronised run cannot be repeated");
  if (sync.connect !== undefined) refuse("connect", "a synchronised run cannot be repeated");
  if (run.metricsStartTimeMs !== undefined) refuse("metricsStartTimeMs", "all runs would have the same times");
  for (const id of ["file", "summaryJson", "reportTo"] as const)
    if (run[id]?.startsWith("/dev/")) refuse(id, "each run needs a file of its own");
  if (run.output !== "inherit" && run.summaryMarkdown?.startsWith("/dev/"))
    refuse("summaryMarkdown", "with --output, standard output is the command's alone");
}

/** Whether a command, or several, are run several times. */
export function isSeries({ runs, versus, parameters }: Pick<RunValues, "runs" | "versus" | "parameters">): boolean {
  return runs > 1 || versus || parameters.length > 0;
}

/** Returns this side of a synchronised run; undefined: the run is not synchronised. */
function syncOf({ sync, from }: Settings): SyncConfig | undefined {
  const { server, connect } = sync;
  const [serverFrom, connectFrom] = [from.get("server"), from.get("connect")];
  if (server && connect !== undefined && serverFrom !== undefined && connectFrom !== undefined)
    throw new UsageError(
      `${assignment(serverFrom)} and ${assignment(connectFrom)}: a run is either server or client; remove one`,
    );
  if (!server && connect === undefined) return undefined;
  const token = tokenOf({ sync, from });
  if (connect === undefined || server)
    return { ...valuesOfSide(sync, "server"), role: "server", token, tls: tlsOf({ sync, from }) };
  const values = valuesOfSide(sync, "client");
  // A port in the address is more specific than --sync-port; but any flag wins over any variable.
  const flagOverVariable = from.get("port")?.origin === "flag" && connectFrom?.origin === "variable";
  const port = flagOverVariable ? sync.port : (connect.port ?? sync.port);
  return { ...values, role: "client", host: connect.host, port, tls: connect.tls, token };
}

function valuesOfSide<Role extends "server" | "client">(sync: SyncValues, role: Role): ValuesOfSide<Role> {
  const values: Record<string, unknown> = {};
  for (const [id, { side }] of Object.entries(SYNC_OPTIONS))
    if (side === "both" || side === role) values[id] = sync[id as keyof SyncValues];
  const { syncToken, syncTokenFile, syncTlsCert, syncTlsKey, ...rest } = values;
  return rest as ValuesOfSide<Role>;
}

/** Returns the files of the server's certificate and key, which go together. */
function tlsOf({ sync, from }: Pick<Settings, "sync" | "from">): ServerConfig["tls"] {
  const { syncTlsCert: cert, syncTlsKey: key } = sync;
  if (cert !== undefined && key !== undefined) return { cert, key };
  const [given, missing] = cert === undefined ? [key, "--sync-tls-cert"] : [cert, "--sync-tls-key"];
  if (given === undefined) return undefined;
  const { where } = from.get(cert === undefined ? "syncTlsKey" : "syncTlsCert")!;
  throw new UsageError(`${where}: ${quote(given)}: a certificate and its key go together; add ${missing}`);
}

/** Returns the token that was given as such or as a file. Of both, the flag wins over the variable. */
function tokenOf({ sync, from }: Pick<Settings, "sync" | "from">): Token["token"] {
  const { syncToken: secret, syncTokenFile: file } = sync;
  const [secretFrom, fileFrom] = [from.get("syncToken"), from.get("syncTokenFile")];
  if (secretFrom !== undefined && secretFrom.origin === fileFrom?.origin)
    throw new UsageError(`${secretFrom.where} and ${fileFrom.where}: a run has one token; remove one`);
  if (file !== undefined && (secret === undefined || fileFrom?.origin === "flag")) return { file };
  return secret === undefined ? undefined : { secret };
}

/**
 * Returns a warning for each flag that has no effect without another, which was perhaps forgotten. It is not an error,
 * since a script may give the flag always. Variables, which are set for many runs, give no warning.
 */
export function idleFlags(config: Config, flags: readonly Given[]): string[] {
  const idle: string[] = [];
  for (const given of flags) {
    const missing = missingFor(given, config);
    const warning = `${given.where} has no effect without ${missing}`;
    if (missing !== undefined && !idle.includes(warning)) idle.push(warning);
  }
  return idle;
}

/** Returns what must be given for an option to have an effect in this run; undefined: nothing more. */
function missingFor(given: Given, config: Config): string | undefined {
  const { sync, budgets, pushTo } = config;
  const isOn = readValue(given) !== false;
  switch (given.option) {
    case "budgetKill":
    case "budgetStrict":
      return isOn && budgets.length === 0 ? "a --budget" : undefined;
    case "shell":
      return isOn && !config.versus ? "--versus" : undefined;
    case "warmup":
    case "precision":
    case "maxSeconds":
    case "prepare":
    case "ignoreFailure":
    case "output":
    case "runsJson":
    case "runsMarkdown":
    case "runsCsv":
      return isOn && !isSeries(config) ? "--runs" : undefined;
    case "baselines":
      return budgets.some(needsBaseline) ? undefined : "a --budget that is relative to it (e.g. cpu<+10%)";
    case "pushNames":
      return pushTo === undefined ? "--push-to or --push" : undefined;
    case "pushCi":
      return isOn && pushTo?.names !== "otel" ? "--push-names otel" : undefined;
    default:
      return isOn ? missingSide(given.option, sync) : undefined;
  }
}

const SIDE_FLAGS = { both: "--server or --connect", server: "--server", client: "--connect" } as const;

/** Returns the flags of the side to which an option has a meaning, if this run is not of that side. */
function missingSide(id: OptionId, sync: SyncConfig | undefined): string | undefined {
  const option = OPTIONS[id];
  const side = "side" in option ? option.side : undefined;
  if (side === undefined || (sync !== undefined && (side === "both" || side === sync.role))) return undefined;
  return SIDE_FLAGS[side];
}
