import { UsageError } from "../errors.ts";
import { safeLine } from "../safe-text.ts";
import type { Option, Setting } from "./option.ts";
import { Fault, type Parse } from "./option-values.ts";
import { MODE_OPTIONS } from "./options-modes.ts";
import { RUN_OPTIONS } from "./options-run.ts";
import { SYNC_OPTIONS } from "./options-sync.ts";

/** Every option, in the order of the help. Parsing, variables, defaults, Config, help, README and tests come from here. */
export const OPTIONS = { ...RUN_OPTIONS, ...SYNC_OPTIONS, ...MODE_OPTIONS };

export type OptionId = keyof typeof OPTIONS;
type IdOfKind<K extends Option["kind"]> = {
  [Id in OptionId]: (typeof OPTIONS)[Id]["kind"] extends K ? Id : never;
}[OptionId];
export type SettingId = IdOfKind<"setting">;
export type ModeName = IdOfKind<"mode">;

/** The values of a table's settings. */
export type ValuesOf<Table> = {
  readonly [Id in keyof Table as Table[Id] extends { kind: "setting" } ? Id : never]: Table[Id] extends Setting<infer T>
    ? T
    : never;
};

/** The type of the value that one flag has. */
type FlagValue<Id extends OptionId> = (typeof OPTIONS)[Id] extends { parse: Parse<infer T> } ? T : never;

export const OPTION_IDS = Object.keys(OPTIONS) as readonly OptionId[];

/** Returns the option that is spelled so on the command line, dashes included. */
export function findOption(spelling: string): OptionId | undefined {
  return OPTION_IDS.find((id) => OPTIONS[id].flag === spelling || OPTIONS[id].shorts.includes(spelling));
}

/** The text that a flag or variable gives for an option. */
export interface Given<Id extends OptionId = OptionId> {
  readonly option: Id;
  readonly origin: "flag" | "variable";
  /** The flag or variable as messages name it: `--delay (-d)`, `SE_DELAY`. */
  readonly where: string;
  /** Undefined: a boolean flag without a value, which is true. */
  readonly text: string | undefined;
  /** The key that the variable of a list option has in its name. */
  readonly key?: string;
}

/** Returns the value that a text stands for. Throws UsageError. */
export function readValue<Id extends OptionId>(given: Given<Id>): FlagValue<Id> {
  const text = given.text ?? "true";
  const parse: Parse<unknown> = OPTIONS[given.option].parse;
  const value = parse(given.key === undefined ? text : `${given.key}=${text}`);
  if (!(value instanceof Fault)) return value as FlagValue<Id>;
  const option: Option = OPTIONS[given.option];
  const isSecret = option.kind === "setting" && option.isSecret;
  throw new UsageError(`${given.where}: ${isSecret ? "" : `got ${quote(withoutSecrets(text))}, `}${value.clause}`);
}

/** Returns a text that may hold a URL without what is secret there: user and password, and the query. */
function withoutSecrets(text: string): string {
  const bare = text.replace(/^((?:[^\s:=]*=)?\w+:\/\/)\S*@|^[^\s/@:]+:\S*@/, "$1…@");
  return /:\/\//.test(bare) ? bare.replace(/\?.*/s, "?…") : bare;
}

/** Returns the flag as messages name it: `--delay (-d)`. */
export function flagName(option: Option): string {
  return option.shorts.length === 0 ? option.flag : `${option.flag} (${option.shorts.join(", ")})`;
}

/** Returns a flag or variable with its value, as one types it: `--server`, `--label "a=b"`, `SE_CONNECT="10.0.0.7"`. */
export function assignment({ option, origin, where, text }: Given): string {
  if (origin === "variable") return `${where}=${quote(withoutSecrets(text ?? ""))}`;
  const { flag, operand } = OPTIONS[option];
  if (text === undefined) return flag;
  return `${flag}${operand === undefined ? "=" : " "}${quote(withoutSecrets(text))}`;
}

/** Returns a word of the command line as it stands in a message. It may be meant as the flag of a secret. */
export function quoteWord(word: string): string {
  return quote(withoutSecrets(word.replace(/^(-[\w-]*to?k[\w-]*=).+/is, "$1…")));
}

/** Returns a text of any content and length as it stands in a message of one line. */
export function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 77)}…` : text;
  return safeLine(JSON.stringify(short));
}
