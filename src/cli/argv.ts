import { UsageError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { findOption, flagName, type Given, OPTION_IDS, OPTIONS, type OptionId, quote, quoteWord } from "./options.ts";

/** The words of a command line, split into our options and the rest. */
export interface SplitWords {
  /** Our options, in the order in which they were typed. */
  readonly given: readonly Given[];
  /** The command and its arguments, or the operands of a mode, as they were typed; may be empty. */
  readonly rest: readonly string[];
  /** What is wrong with the first wrong word. The words after it are split all the same, so that a `--help` is found. */
  readonly problem: UsageError | undefined;
}

/**
 * Splits our options from the command. The command begins at the first word that is neither an option nor an option's
 * value, and from there on no word is ours. `--` ends the options; a single `-` is not an option. A boolean takes its
 * value in the same word only (`--server=false`). Short names are never clustered: `-dbc` is one name.
 * A word that is one of our options is never a value: in `-f -d 2` the file is missing; `--file=-d` names it.
 */
export function splitArgv(argv: readonly string[]): SplitWords {
  return split(argv, false);
}

/** Splits the words of a mode, with which no command runs: every free word is an operand, and options may follow it. */
export function splitOperands(argv: readonly string[]): SplitWords {
  return split(argv, true);
}

function split(argv: readonly string[], interspersed: boolean): SplitWords {
  const given: Given[] = [];
  const operands: string[] = [];
  let problem: UsageError | undefined;
  let at = 0;
  while (at < argv.length) {
    const word = argv[at]!;
    if (word === "--") return { given, rest: [...operands, ...argv.slice(at + 1)], problem };
    const free = word === "-" || !word.startsWith("-");
    if (free && !interspersed) break;
    at++;
    if (free) {
      operands.push(word);
      continue;
    }
    const found = readOption(word);
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
  return { given, rest: [...operands, ...argv.slice(at)], problem };
}

function flag(option: OptionId, text: string | undefined): Given {
  return { option, origin: "flag", where: flagName(OPTIONS[option]), text };
}

/** Returns the option that a word names, and the value after its first `=`. */
function readOption(word: string): { readonly option: OptionId; readonly text: string | undefined } | undefined {
  const equals = word.indexOf("=");
  const option = findOption(equals === -1 ? word : word.slice(0, equals));
  return option && { option, text: equals === -1 ? undefined : word.slice(equals + 1) };
}

function isValue(word: string | undefined): word is string {
  return word !== undefined && word !== "--" && readOption(word) === undefined;
}

function missingValue(id: OptionId, next: string | undefined): UsageError {
  const option = OPTIONS[id];
  const { placeholder, example } = option.operand!;
  const before = next === undefined ? "" : ` before ${quoteWord(next)}`;
  const literal = next === undefined ? "" : ` (${option.flag}=… if it begins with a dash)`;
  return new UsageError(
    `${flagName(option)}: the value is missing${before}; expected <${placeholder}>: write ${option.flag} ${example}${literal}`,
  );
}

function unknownOption(word: string): UsageError {
  const meant = suggestion(word);
  const advice = meant === undefined ? "statexec --help all lists the options." : `did you mean ${meant}?`;
  return new UsageError(`unknown option ${quoteWord(word)}: ${advice} If the command begins here, put -- before it`);
}

/** Returns what was probably meant: the nearest spelling, or a short name that is joined to its value (`-d2`). */
function suggestion(word: string): string | undefined {
  const spellings = OPTION_IDS.flatMap((id) => [OPTIONS[id].flag, ...OPTIONS[id].shorts]);
  const [name = ""] = bare(word).split("=");
  const near = nearest(name, spellings.map(bare));
  if (near !== undefined) return spellings.find((spelling) => bare(spelling) === near);
  const joined = findOption(word.slice(0, 2));
  if (joined === undefined || OPTIONS[joined].operand === undefined) return undefined;
  return `${word.slice(0, 2)} ${quote(word.slice(2))}`;
}

function bare(spelling: string): string {
  return spelling.replace(/^-+/, "").toLowerCase().replaceAll("_", "-");
}
