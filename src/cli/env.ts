import { type Given, quote } from "./given.ts";
import { nearest } from "./nearest.ts";
import { OPTION_IDS, OPTIONS, type OptionId, variableOf } from "./options.ts";
import { SECRETS } from "./secrets.ts";

const PREFIX = "SE_";

const SECRET_NAMES: readonly string[] = Object.values(SECRETS).map(({ env }) => env);

/** The variables that are ours, and those that were perhaps meant to be. */
export interface Environment {
  readonly given: readonly Given[];
  readonly warnings: readonly string[];
}

/**
 * Reads the `SE_` variables; an empty one is unset. Other programs have `SE_` names too, so that an unknown one is
 * no error: it is left alone, but for a warning where it is a slip of the pen away from ours (`SE_DEALY`).
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const given: Given[] = [];
  const warnings: string[] = [];
  for (const name of Object.keys(env)) {
    const text = env[name];
    if (!name.startsWith(PREFIX) || text === undefined || text === "" || SECRET_NAMES.includes(name)) continue;
    const found = recognise(name);
    if (found !== undefined) {
      given.push({ ...found, origin: "variable", where: printable(name), text });
      continue;
    }
    const meant = nearestVariable(name);
    if (meant !== undefined) warnings.push(`${printable(name)} is no variable of statexec; did you mean ${meant}?`);
  }
  return { given, warnings };
}

function recognise(name: string): Pick<Given, "option" | "key"> | undefined {
  for (const id of OPTION_IDS) {
    const option = OPTIONS[id];
    if (option.kind === "setting" && option.env === name) return { option: id };
    if (option.kind === "list" && name.length > option.env.length && name.startsWith(option.env))
      return { option: id, key: name.slice(option.env.length) };
  }
  return undefined;
}

/** The variable that a name was most likely meant to be; of a list's, the part before the key is compared. */
function nearestVariable(name: string): string | undefined {
  for (const id of OPTION_IDS) {
    const option: (typeof OPTIONS)[OptionId] = OPTIONS[id];
    if (!("env" in option)) continue;
    const compared = option.kind === "list" ? name.slice(0, option.env.length) : name;
    if (nearest(compared.slice(PREFIX.length), [option.env.slice(PREFIX.length)]) !== undefined)
      return variableOf(option);
  }
  return nearest(
    name.slice(PREFIX.length),
    SECRET_NAMES.map((secret) => secret.slice(PREFIX.length)),
  )?.replace(/^/, PREFIX);
}

/** A name for a message: as it is, unless no shell could have set it. */
function printable(name: string): string {
  return /^\w+$/.test(name) ? name : quote(name);
}
