import { boolean, type Parse } from "./option-values.ts";

/*
 * What a row of the option table is made of.
 */

interface Common {
  /** The long name, dashes included. */
  readonly flag: string;
  /** The short names, dash included. */
  readonly shorts: readonly string[];
  /** What it does, for help and README: one or more sentences. */
  readonly help: string;
}

/** The name of the value in help texts, and a valid example. An option without an operand is a boolean. */
interface Operand {
  readonly placeholder: string;
  readonly example: string;
}

/** The side of a synchronised run to which an option has a meaning. */
export type Side = "server" | "client" | "both";

/** An option with one value: the flag wins over the variable, the variable over the default. */
export interface Setting<T, S = Side | undefined> extends Common {
  readonly kind: "setting";
  readonly env: string;
  readonly operand: Operand | undefined;
  readonly parse: Parse<T>;
  readonly default: T;
  /** The default as help shows it; undefined: help shows none. */
  readonly defaultText: string | undefined;
  /** The setting that counts where this one is not given; a flag of either wins over a variable of either. */
  readonly general: string | undefined;
  /** Whether the lists of all occurrences are joined; else the last one counts. */
  readonly repeatable: boolean;
  /** Undefined: it has a meaning to every run. */
  readonly side: S;
  /** Whether no message shows its value. */
  readonly isSecret: boolean;
}

/** An option that may be repeated. Its variables are `env` followed by the key. */
export interface List<T> extends Common {
  readonly kind: "list";
  readonly env: string;
  readonly operand: Operand;
  readonly parse: Parse<T>;
}

/** A flag with which no command runs. It has no variable; without an operand it is a boolean. */
export interface Mode<T> extends Common {
  readonly kind: "mode";
  readonly operand: Operand | undefined;
  readonly parse: Parse<T>;
}

/** An option of one mode. Like the mode it has no variable. */
interface Modifier<T> extends Common {
  readonly kind: "modifier";
  /** The flag of the mode. */
  readonly of: string;
  readonly operand: Operand | undefined;
  readonly parse: Parse<T>;
}

export type Option = Setting<unknown> | List<unknown> | Mode<unknown> | Modifier<unknown>;

/** Returns the name of an option's variable: for a list with `<key>` in place of the key. */
export function variableOf(option: Setting<unknown> | List<unknown>): string {
  return option.kind === "list" ? `${option.env}<key>` : option.env;
}

interface SettingRow<T, D, S> extends Common {
  readonly operand?: Operand;
  readonly parse: Parse<T>;
  readonly default: D;
  readonly defaultText?: string | undefined;
  readonly general?: string;
  readonly repeatable?: boolean;
  readonly side?: S;
  readonly isSecret?: boolean;
}

/** The type of a setting's values: undefined is one of them only where it is the default. */
type ValueType<T, D> = undefined extends D ? T | undefined : T;

/** Completes a setting: its variable is `SE_` and its long name; help shows its default as it is. */
export function setting<T, D extends T | undefined, S extends Side | undefined = undefined>(
  row: SettingRow<T, D, S>,
): Setting<ValueType<T, D>, S> {
  const env = `SE_${row.flag.slice(2).toUpperCase().replaceAll("-", "_")}`;
  const defaultText = row.operand === undefined || row.default === undefined ? undefined : String(row.default);
  const absent = {
    operand: undefined,
    defaultText,
    general: undefined,
    repeatable: false,
    side: undefined,
    isSecret: false,
  };
  return { kind: "setting", env, ...absent, ...row } as Setting<ValueType<T, D>, S>;
}

export function list<T>(row: Omit<List<T>, "kind">): List<T> {
  return { kind: "list", ...row };
}

/** Completes a mode that takes no value. */
export function mode(row: Common): Mode<boolean> {
  return { kind: "mode", operand: undefined, parse: boolean, ...row };
}

/** Completes a mode with a value of its own. */
export function modeWith<T>(row: Omit<Mode<T>, "kind"> & { readonly operand: Operand }): Mode<T> {
  return { kind: "mode", ...row };
}

export function modifier<T>(row: Omit<Modifier<T>, "kind" | "shorts">): Modifier<T> {
  return { kind: "modifier", shorts: [], ...row };
}
