import { nearest } from "./nearest.ts";
import { variableOf } from "./option.ts";
import { type Given, OPTION_IDS, OPTIONS, type OptionId, quote } from "./options.ts";
import { SECRETS } from "./push-target.ts";
import { READ_MEMORY } from "./read-memory.ts";

const PREFIX = "SE_";

/** Variables that stand for no option. */
const OTHER_NAMES: readonly string[] = [...Object.values(SECRETS), READ_MEMORY].map(({ env }) => env);

/** Our variables, and a warning for each that looks like a misspelt one. */
export interface Environment {
  readonly given: readonly Given[];
  readonly warnings: readonly string[];
}

/**
 * Reads the `SE_` variables; an empty one is unset. Other programs use `SE_` names too, so an unknown one is not an
 * error. If it is nearly one of ours (`SE_DEALY`), there is a warning.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const given: Given[] = [];
  const warnings: string[] = [];
  for (const name of Object.keys(env)) {
    const text = env[name];
    if (!name.startsWith(PREFIX) || text === undefined || text === "" || OTHER_NAMES.includes(name)) continue;
    const found = readName(name);
    if (found !== undefined) {
      given.push({ ...found, origin: "variable", where: printable(name), text });
      continue;
    }
    const meant = nearestVariable(name);
    if (meant !== undefined) warnings.push(`${printable(name)} is not a variable of statexec; did you mean ${meant}?`);
  }
  return { given, warnings };
}

function readName(name: string): Pick<Given, "option" | "key"> | undefined {
  for (const id of OPTION_IDS) {
    const option = OPTIONS[id];
    if (option.kind === "setting" && option.env === name) return { option: id };
    if (option.kind === "list" && name.length > option.env.length && name.startsWith(option.env))
      return { option: id, key: name.slice(option.env.length) };
  }
  return undefined;
}

/** Returns the variable that was probably meant. For a list option the part before the key is compared. */
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
    OTHER_NAMES.map((other) => other.slice(PREFIX.length)),
  )?.replace(/^/, PREFIX);
}

/** Returns a name for a message: quoted if a shell cannot set it. */
function printable(name: string): string {
  return /^\w+$/.test(name) ? name : quote(name);
}
