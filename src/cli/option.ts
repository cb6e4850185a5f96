import type { PushTarget } from "./push-url.ts";
import { boolean, type Parse } from "./values.ts";

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
  /** Given more than once, the lists of all are one; else the last counts. */
  readonly repeatable: boolean;
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
  readonly mode: "compare" | "explore" | "help" | "list-collectors" | "push" | "recover" | "report" | "version";
  readonly parse: Parse<boolean | string | PushTarget>;
}

/** An option of one mode; like that it has no variable. */
export interface Modifier<T> extends Common {
  readonly kind: "modifier";
  readonly of: Mode["mode"];
  readonly operand: Operand | undefined;
  readonly parse: Parse<T>;
}

export type Option = Setting<unknown> | List<unknown> | Mode | Modifier<unknown>;

/** What a variable is called: that of a setting, or of the list option whose key it holds. */
export function variableOf(option: Setting<unknown> | List<unknown>): string {
  return option.kind === "list" ? `${option.env}<key>` : option.env;
}

type Absent = "kind" | "env" | "operand" | "defaultText" | "general" | "repeatable";

/** Completes a setting: its variable is `SE_` and its long name, its default reads as it is. */
export function setting<T>(row: Omit<Setting<T>, Absent> & Partial<Pick<Setting<T>, Absent>>): Setting<T> {
  const env = `SE_${row.flag.slice(2).toUpperCase().replaceAll("-", "_")}`;
  const defaultText = row.operand === undefined || row.default === undefined ? undefined : String(row.default);
  return { kind: "setting", env, operand: undefined, defaultText, general: undefined, repeatable: false, ...row };
}

export function list<T>(row: Omit<List<T>, "kind">): List<T> {
  return { kind: "list", ...row };
}

export function mode(row: Omit<Mode, "kind" | "operand" | "parse"> & Partial<Pick<Mode, "operand" | "parse">>): Mode {
  return { kind: "mode", operand: undefined, parse: boolean, ...row };
}

export function modifier<T>(row: Omit<Modifier<T>, "kind" | "shorts">): Modifier<T> {
  return { kind: "modifier", shorts: [], ...row };
}
