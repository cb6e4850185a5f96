import { UsageError } from "../errors.ts";
import { flagName, type Given, quote } from "./given.ts";
import { nearest } from "./nearest.ts";
import { findOption, OPTION_IDS, OPTIONS, type OptionId } from "./options.ts";

/** The words of a command line, told apart. */
export interface Split {
  /** Our options, in the order in which they were typed. */
  readonly given: readonly Given[];
  /** The command and its arguments, the very words; empty where there is none. */
  readonly command: readonly string[];
  /** The first word that is wrong. What follows it was split all the same, so that a `--help` is found. */
  readonly problem: UsageError | undefined;
}

/**
 * Splits our options from the command. The first word that is neither an option nor an option's value begins the
 * command, and from there on nothing is ours; `--` ends the options, a single `-` is a word. Booleans take a value
 * in the same word only (`--server=false`), and short names are never clustered: `-dbc` is one name.
 * A word that is itself one of our options is no value: `-f -d 2` lacks the file; `--file=-d` names it.
 */
export function splitArgv(argv: readonly string[]): Split {
  return split(argv, false);
}

/** The same for a mode, with which no command runs: every free word is an operand, and options may stand behind it. */
export function splitOperands(argv: readonly string[]): Split {
  return split(argv, true);
}

function split(argv: readonly string[], interspersed: boolean): Split {
  const given: Given[] = [];
  const operands: string[] = [];
  let problem: UsageError | undefined;
  let at = 0;
  while (at < argv.length) {
    const word = argv[at]!;
    if (word === "--") return { given, command: [...operands, ...argv.slice(at + 1)], problem };
    const free = word === "-" || !word.startsWith("-");
    if (free && !interspersed) break;
    at++;
    if (free) {
      operands.push(word);
      continue;
    }
    const found = recognise(word);
    if (found === undefined) {
      problem ??= unknownOption(word);
    } else if (found.text !== undefined || OPTIONS[found.option].operand === undefined) {
      given.push(flag(found.option, found.text));
    } else if (isValue(argv[at])) {
      given.push(flag(found.option, argv[at++]));
    } else {
      problem ??= missingValue(found.option, argv[at]);
    }
  }
  return { given, command: [...operands, ...argv.slice(at)], problem };
}

function flag(option: OptionId, text: string | undefined): Given {
  return { option, origin: "flag", where: flagName(OPTIONS[option]), text };
}

/** The option that a word is, and the value that stands in it after its first `=`. */
function recognise(word: string): { readonly option: OptionId; readonly text: string | undefined } | undefined {
  const equals = word.indexOf("=");
  const option = findOption(equals === -1 ? word : word.slice(0, equals));
  return option && { option, text: equals === -1 ? undefined : word.slice(equals + 1) };
}

function isValue(word: string | undefined): word is string {
  return word !== undefined && word !== "--" && recognise(word) === undefined;
}

function missingValue(id: OptionId, next: string | undefined): UsageError {
  const option = OPTIONS[id];
  const { placeholder, example } = option.operand!;
  const before = next === undefined ? "" : ` before ${quote(next)}`;
  const literal = next === undefined ? "" : ` (${option.flag}=… if it begins with a dash)`;
  return new UsageError(
    `${flagName(option)}: the value is missing${before}; expected <${placeholder}>: write ${option.flag} ${example}${literal}`,
  );
}

function unknownOption(word: string): UsageError {
  const meant = suggestion(word);
  const advice = meant === undefined ? "statexec --help lists the options." : `did you mean ${meant}?`;
  return new UsageError(`unknown option ${quote(word)}: ${advice} If the command begins here, put -- before it`);
}

/** What was meant: the nearest spelling, or a short name to which its value was glued (`-d2`). */
function suggestion(word: string): string | undefined {
  const spellings = OPTION_IDS.flatMap((id) => [OPTIONS[id].flag, ...OPTIONS[id].shorts]);
  const [name = ""] = bare(word).split("=");
  const near = nearest(name, spellings.map(bare));
  if (near !== undefined) return spellings.find((spelling) => bare(spelling) === near);
  const glued = findOption(word.slice(0, 2));
  if (glued === undefined || OPTIONS[glued].operand === undefined) return undefined;
  return `${word.slice(0, 2)} ${quote(word.slice(2))}`;
}

function bare(spelling: string): string {
  return spelling.replace(/^-+/, "").toLowerCase().replaceAll("_", "-");
}
