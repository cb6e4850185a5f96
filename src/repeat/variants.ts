import { type SplitFault, splitCommandLine } from "../cli/command-line.ts";
import type { Config } from "../cli/config.ts";
import type { Parameter } from "../cli/option-values.ts";
import { OPTIONS, quote } from "../cli/options.ts";
import { UsageError } from "../errors.ts";
import { shellQuoted } from "../safe-text.ts";

/*
 * What a series runs in turns: a command, several of them, or one with each value of its parameters.
 */

/** One of the commands of a series. */
export interface Variant {
  /** In tables and messages: `A`, `threads=4`, `A threads=4`; empty: it is the only one. */
  readonly name: string;
  /** In the names of its files: `a-grep`, `threads-4`; empty likewise. */
  readonly mark: string;
  /** Its words, the command first. */
  readonly command: readonly string[];
  /** The command line for a person. */
  readonly text: string;
  /** Its values of the parameters. */
  readonly parameters: ReadonlyMap<string, string>;
}

type Asked = Pick<Config, "command" | "versus" | "shell" | "parameters" | "prepare">;

/** More than anybody waits for, or reads: the list is a mistake. */
const MOST_VARIANTS = 100;

const SHELL_PATH = "/bin/sh";

/** Returns the commands of a series, in the order in which they take turns. Throws UsageError. */
export function variantsOf(config: Asked): readonly Variant[] {
  const lines = config.versus ? config.command.map((line) => [line]) : [config.command];
  if (lines.length > LETTERS.length)
    throw new UsageError(`${OPTIONS.versus.flag}: got ${lines.length} commands, expected at most ${LETTERS.length}`);
  const combinations = combinationsOf(config.parameters);
  if (lines.length * combinations.length > MOST_VARIANTS)
    throw new UsageError(
      `${OPTIONS.parameters.flag}: these are ${lines.length * combinations.length} commands, expected at most ${MOST_VARIANTS}`,
    );
  checkUsed(config);
  return lines.flatMap((words, i) => combinations.map((values) => variantOf(config, values, words, i)));
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

function variantOf(config: Asked, values: readonly Value[], words: readonly string[], index: number): Variant {
  const parameters = new Map(values.map(({ name, value }) => [name, value]));
  const letter = config.versus && config.command.length > 1 ? LETTERS[index]! : "";
  const command = config.versus ? wordsOfLine(words[0]!, parameters, config.shell) : substituted(words, parameters);
  const [first = ""] = config.versus && config.shell ? words[0]!.trim().split(/\s/) : command;
  const marks = values.map(({ name, mark }) => `${name}-${mark}`);
  if (letter !== "") marks.unshift([letter.toLowerCase(), fileName(first.slice(first.lastIndexOf("/") + 1))].join("-"));
  return {
    name: [letter, ...values.map(({ name, value }) => `${name}=${value}`)].filter(Boolean).join(" "),
    mark: marks.join("."),
    command,
    text: config.versus ? substituted(words, parameters)[0]! : command.join(" "),
    parameters,
  };
}

/** A value of a parameter, and what stands for it in the names of files. */
interface Value {
  readonly name: string;
  readonly value: string;
  readonly mark: string;
}

/** Returns all combinations of the values, those of the last parameter changing first. Throws UsageError. */
function combinationsOf(parameters: readonly Parameter[]): readonly (readonly Value[])[] {
  const names = parameters.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new UsageError(
      `${OPTIONS.parameters.flag}: ${twice} is given twice; name its values with commas between them`,
    );
  return parameters.reduce<readonly (readonly Value[])[]>(
    (combinations, { name, values }) => {
      const marks = values.map(fileName);
      const isClear = new Set(marks).size === marks.length;
      const own = values.map((value, i) => ({ name, value, mark: isClear ? marks[i]! : String(i + 1) }));
      return combinations.flatMap((before) => own.map((one) => [...before, one]));
    },
    [[]],
  );
}

const MOST_NAME = 24;

/** Returns a word as a part of a file's name. */
function fileName(word: string): string {
  return word
    .replace(/[^\w.+-]+/g, "_")
    .replace(/^\.+/, "_")
    .slice(0, MOST_NAME);
}

/** A parameter that stands nowhere was mistyped. */
function checkUsed({ command, prepare = "", parameters }: Asked): void {
  const unused = parameters.find(({ name }) => ![...command, prepare].some((word) => word.includes(`{${name}}`)));
  if (unused)
    throw new UsageError(
      `${OPTIONS.parameters.flag}: {${unused.name}} is not in the command; put it where the values belong (e.g. make -j{${unused.name}})`,
    );
}

/** The runtime's text of a word has this character in place of bytes that are not UTF-8. */
const REPLACED = "\ufffd";

function wordsOfLine(line: string, parameters: Variant["parameters"], shell: boolean): readonly string[] {
  refuseReplaced(line);
  if (shell) return [SHELL_PATH, "-c", substituted([line], parameters)[0]!];
  const words = splitCommandLine(line);
  if (Array.isArray(words)) return substituted(words, parameters);
  throw new UsageError(`${OPTIONS.versus.flag}: ${quote(line)} ${(words as SplitFault).clause}`);
}

/** Returns words with the values of parameters in them: a value with spaces stays a part of its word. */
export function substituted(words: readonly string[], parameters: Variant["parameters"]): readonly string[] {
  if (parameters.size === 0) return words;
  return words.map((word) => {
    const changed = word.replace(/\{([A-Za-z_][\w-]*)\}/g, (text, name) => parameters.get(name) ?? text);
    if (changed !== word) refuseReplaced(word);
    return changed;
  });
}

/** Such a word can be passed on only as a whole. Throws UsageError. */
function refuseReplaced(word: string): void {
  if (word.includes(REPLACED))
    throw new UsageError(
      `${quote(word)} may have bytes that are not UTF-8, which would change; put them into a script`,
    );
}

/** Returns the command line as a shell takes it. */
export function typedLine({ command }: Variant): string {
  return command.map(shellQuoted).join(" ");
}
