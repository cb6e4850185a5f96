import { type List, list, mode, type Setting, setting } from "./option.ts";
import { SYNC_OPTIONS } from "./sync-options.ts";
import { boolean, folderPath, interval, label, labelValue, outputPath, seconds, timestampMs } from "./values.ts";

export type { List, Mode, Option, Setting } from "./option.ts";

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
  ...SYNC_OPTIONS,
  recover: mode({
    flag: "--recover",
    shorts: [],
    mode: "recover",
    help: "Make the metrics file of each journal that is named, of a run that was killed; without a name, list the journals in this folder. No command runs.",
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
