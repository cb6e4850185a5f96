import { type PushTarget, pushTarget } from "./push-url.ts";
import {
  boolean,
  folderPath,
  interval,
  label,
  labelValue,
  outputPath,
  type Parse,
  type Peer,
  peer,
  port,
  seconds,
  timestampMs,
} from "./values.ts";

interface Common {
  /** The long name, dashes included. */
  readonly flag: string;
  /** The short names, dash included. */
  readonly shorts: readonly string[];
  /** What it does, for help and README: one or more sentences. */
  readonly help: string;
}

/** What stands for the value in help, and a value that is good; an option that has none is a boolean. */
interface Operand {
  readonly placeholder: string;
  readonly example: string;
}

/** An option with one value: of flag over variable over default. */
export interface Setting<T> extends Common {
  readonly kind: "setting";
  readonly env: string;
  readonly operand: Operand | undefined;
  readonly parse: Parse<T>;
  readonly default: T;
  /** The default for a person; undefined: there is nothing to say. */
  readonly defaultText: string | undefined;
  /** The setting that counts where this one is not given; a flag of either wins over a variable of either. */
  readonly general: string | undefined;
}

/** An option that may be repeated; its variables are `env` and the key. */
export interface List<T> extends Common {
  readonly kind: "list";
  readonly env: string;
  readonly operand: Operand;
  readonly parse: Parse<T>;
}

/** A flag with which no command runs; it has no variable. Without an operand it is a boolean. */
export interface Mode extends Common {
  readonly kind: "mode";
  readonly operand: Operand | undefined;
  readonly mode: "help" | "push" | "recover" | "version";
  readonly parse: Parse<boolean | PushTarget>;
}

export type Option = Setting<unknown> | List<unknown> | Mode;

/**
 * Every option, in the order of the help. Parsing, environment, defaults, help, README and tests come from here;
 * a setting whose key is a field of Config becomes that field.
 */
export const OPTIONS = {
  file: setting({
    flag: "--file",
    shorts: ["-f"],
    operand: { placeholder: "file", example: "run.prom" },
    parse: outputPath,
    default: "statexec_metrics.prom",
    help: "Write the metrics to this file, compressed if its name ends in .gz or .zst; - is standard output.",
  }),
  instance: setting<string | undefined>({
    flag: "--instance",
    shorts: ["-i"],
    operand: { placeholder: "name", example: "build-host" },
    parse: labelValue,
    default: undefined,
    defaultText: "the command's name",
    help: "Value of the label instance.",
  }),
  metricsStartTimeMs: setting<number | undefined>({
    flag: "--metrics-start-time",
    shorts: ["-mst"],
    operand: { placeholder: "ms", example: "1704067200000" },
    parse: timestampMs,
    default: undefined,
    defaultText: "now",
    help: "Time that the first sample gets, in milliseconds since the epoch.",
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
    help: "Time between samples, 0.01 to 3600.",
  }),
  journalDir: setting<string | undefined>({
    flag: "--journal-dir",
    shorts: [],
    operand: { placeholder: "folder", example: "/var/tmp" },
    parse: folderPath,
    default: undefined,
    defaultText: "the metrics file's",
    help: "Folder of the journal, from which the metrics file can be made if statexec is killed.",
  }),
  noRecordArgs: setting({
    flag: "--no-record-args",
    shorts: [],
    parse: boolean,
    default: false,
    help: "Leave the command's arguments out of the metrics file.",
  }),
  pushTo: setting<PushTarget | undefined>({
    flag: "--push-to",
    shorts: [],
    operand: { placeholder: "url", example: "http://vmsingle:8428" },
    parse: pushTarget,
    default: undefined,
    help: "When the metrics file is written, send it there as --push does; if that fails, the status is still the command's.",
  }),
  connect: setting<Peer | undefined>({
    flag: "--connect",
    shorts: ["-c"],
    operand: { placeholder: "host", example: "10.0.0.7" },
    parse: peer,
    default: undefined,
    help: "Client mode: start and stop together with the server at host, host:port, [IPv6]:port or http://host:port. Not in this version yet.",
  }),
  server: setting({
    flag: "--server",
    shorts: ["-s"],
    parse: boolean,
    default: false,
    help: "Server mode: start and stop the command when a client says so. Not in this version yet.",
  }),
  syncPort: setting({
    flag: "--sync-port",
    shorts: ["-sp"],
    operand: { placeholder: "port", example: "8080" },
    parse: port,
    default: 8080,
    help: "Port that the server listens on and the client asks.",
  }),
  syncStartOnly: setting({
    flag: "--sync-start-only",
    shorts: ["-sso"],
    parse: boolean,
    default: false,
    help: "Start together; each command then ends by itself.",
  }),
  recover: mode({
    flag: "--recover",
    shorts: [],
    mode: "recover",
    help: "Make the metrics file of each journal that is named, of a run that was killed; without a name, list the journals in this folder. No command runs.",
  }),
  push: mode({
    flag: "--push",
    shorts: [],
    mode: "push",
    operand: { placeholder: "url", example: "http://vmsingle:8428" },
    parse: pushTarget,
    help: "Send the metrics files that are named, without a name statexec_metrics.prom, to VictoriaMetrics, or by OTLP to Prometheus, Mimir or Grafana Cloud. No command runs.",
  }),
  version: mode({ flag: "--version", shorts: ["-v"], mode: "version", help: "Print the version and exit." }),
  help: mode({ flag: "--help", shorts: ["-help", "-h"], mode: "help", help: "Print this help and exit." }),
};

export type OptionId = keyof typeof OPTIONS;
export type SettingId = { [K in OptionId]: (typeof OPTIONS)[K]["kind"] extends "setting" ? K : never }[OptionId];
export type SettingValue<K extends SettingId> = (typeof OPTIONS)[K]["default"];

export const OPTION_IDS = Object.keys(OPTIONS) as readonly OptionId[];

/** The option that is spelled so on the command line, dashes included. */
export function findOption(spelling: string): OptionId | undefined {
  return OPTION_IDS.find((id) => OPTIONS[id].flag === spelling || OPTIONS[id].shorts.includes(spelling));
}

/** What a variable is called: that of a setting, or of the list option whose key it holds. */
export function variableOf(option: Setting<unknown> | List<unknown>): string {
  return option.kind === "list" ? `${option.env}<key>` : option.env;
}

type Absent = "kind" | "env" | "operand" | "defaultText" | "general";

/** Completes a setting: its variable is `SE_` and its long name, its default reads as it is. */
function setting<T>(row: Omit<Setting<T>, Absent> & Partial<Pick<Setting<T>, Absent>>): Setting<T> {
  const env = `SE_${row.flag.slice(2).toUpperCase().replaceAll("-", "_")}`;
  const defaultText = row.operand === undefined || row.default === undefined ? undefined : String(row.default);
  return { kind: "setting", env, operand: undefined, defaultText, general: undefined, ...row };
}

function list<T>(row: Omit<List<T>, "kind">): List<T> {
  return { kind: "list", ...row };
}

function mode(row: Omit<Mode, "kind" | "operand" | "parse"> & Partial<Pick<Mode, "operand" | "parse">>): Mode {
  return { kind: "mode", operand: undefined, parse: boolean, ...row };
}
