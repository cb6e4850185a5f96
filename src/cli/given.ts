import { UsageError } from "../errors.ts";
import { OPTIONS, type Option, type OptionId, type SettingId, type SettingValue } from "./options.ts";
import { Fault, type Parse } from "./values.ts";

/** A value as somebody gave it, not read yet, and where. */
export interface Given<K extends OptionId = OptionId> {
  readonly option: K;
  readonly origin: "flag" | "variable";
  /** The place as messages name it: `--delay (-d)`, `SE_DELAY`. */
  readonly where: string;
  /** The text; undefined: a boolean flag that stands alone, which is true. */
  readonly text: string | undefined;
  /** The key that the variable of a list option has in its name. */
  readonly key?: string;
}

/** Every setting's value, and the flag or variable that decided it; no entry: it is the default. */
export interface Settings {
  readonly values: { readonly [K in SettingId]: SettingValue<K> };
  readonly from: ReadonlyMap<SettingId, Given>;
}

/** What a given option comes to. Throws UsageError. */
export function read<K extends SettingId>(given: Given<K>): SettingValue<K>;
export function read(given: Given<"label">): readonly [key: string, value: string];
export function read(given: Given): unknown;
export function read(given: Given): unknown {
  const text = given.text ?? "true";
  const parse: Parse<unknown> = OPTIONS[given.option].parse;
  const value = parse(given.key === undefined ? text : `${given.key}=${text}`);
  if (value instanceof Fault) throw new UsageError(`${given.where}: got ${quote(withoutUser(text))}, ${value.clause}`);
  return value;
}

/** What may be a URL, without the user and password that somebody put there. */
function withoutUser(text: string): string {
  return text.replace(/^(\w+:\/\/)[^/?#]*@/, "$1…@");
}

/** The flag as messages name it: `--delay (-d)`. */
export function flagName(option: Option): string {
  return option.shorts.length === 0 ? option.flag : `${option.flag} (${option.shorts.join(", ")})`;
}

/** Flag or variable with its value, as one would type it: `--server`, `--label "a=b"`, `SE_CONNECT="10.0.0.7"`. */
export function assignment({ option, origin, where, text }: Given): string {
  if (origin === "variable") return `${where}=${quote(text ?? "")}`;
  const { flag, operand } = OPTIONS[option];
  if (text === undefined) return flag;
  return `${flag}${operand === undefined ? "=" : " "}${quote(text)}`;
}

/** A text of unknown content and length on one line of a message. */
export function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 77)}…` : text;
  // JSON leaves some of what moves a terminal's cursor: DEL, C1 controls, Unicode's own line breaks.
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
