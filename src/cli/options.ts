import { MODES } from "./options-modes.ts";
import { RECORD_OPTIONS } from "./options-record.ts";
import { RESULT_OPTIONS } from "./options-result.ts";
import { SYNC_OPTIONS } from "./options-sync.ts";

import { VIEW_OPTIONS } from "./view-options.ts";

export { type List, type Mode, type Modifier, type Option, type Setting, variableOf } from "./option.ts";

/**
 * Every option, in the order of the help. Parsing, environment, defaults, help, README and tests come from here;
 * a setting whose key is a field of Config becomes that field.
 */
export const OPTIONS = { ...RECORD_OPTIONS, ...RESULT_OPTIONS, ...SYNC_OPTIONS, ...VIEW_OPTIONS, ...MODES };

export type OptionId = keyof typeof OPTIONS;
export type SettingId = { [K in OptionId]: (typeof OPTIONS)[K]["kind"] extends "setting" ? K : never }[OptionId];
export type SettingValue<K extends SettingId> = (typeof OPTIONS)[K]["default"];

export const OPTION_IDS = Object.keys(OPTIONS) as readonly OptionId[];

/** The option that is spelled so on the command line, dashes included. */
export function findOption(spelling: string): OptionId | undefined {
  return OPTION_IDS.find((id) => OPTIONS[id].flag === spelling || OPTIONS[id].shorts.includes(spelling));
}
