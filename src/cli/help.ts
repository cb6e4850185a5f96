import { type ArgsDef, type CommandDef, defineCommand, renderUsage } from "citty";
import { type Option, variableOf } from "./option.ts";
import { OPTION_IDS, OPTIONS } from "./options.ts";
import { SECRETS } from "./push-target.ts";
import { READ_MEMORY } from "./read-memory.ts";

const WIDTH = 80;
/** The column of the descriptions. A spelling that reaches it has a line of its own. */
const DESCRIPTION_COLUMN = 28;

const SYNOPSIS = "statexec [OPTIONS] [--] <command> [args]";

export const INTRODUCTION = [
  "Runs a command and records what it and the machine use in that time, as an OpenMetrics file.",
  "The command keeps its arguments, streams and signals; statexec exits with its status.",
].join(" ");

export const PRECEDENCE =
  "An option may be written --flag value or --flag=value. A flag wins over its variable, which is in brackets.";

export const EXIT_STATUSES: readonly (readonly [status: string, meaning: string])[] = [
  ["the command's", "The command ran. If signal N ended it, statexec ends by N or exits with 128+N."],
  ["0", "Also: a server stopped its command because a client asked for it."],
  ["1", "Also: --compare found something worse; 0: nothing is known to be."],
  ["124", "The command succeeded but exceeded a budget, or was ended for exceeding one."],
  ["125", "statexec failed: a wrong option, no peer, or metrics that cannot be written."],
  ["126", "The command was found but cannot be executed."],
  ["127", "The command was not found."],
  ["137", "Also: the command did not stop when it had to, and was killed."],
];

export const EXAMPLES: readonly (readonly [command: string, purpose: string])[] = [
  ["statexec make -j8", "record a build"],
  ["statexec -d 3 -f grep.prom -- grep -r ERROR /var/log", "3 s before and after, another file"],
  ["SE_LABEL_env=prod statexec --interval 0.1 ./job.sh", "a label, 10 samples a second"],
  ["statexec -s -- iperf3 -s", "wait for a client, start and stop with it"],
  ["statexec -c host1 -- iperf3 -c host1", "be that client"],
  ["statexec --explore", "show the run in a browser"],
  ["statexec --compare old.prom new.prom", "see what became better or worse"],
  ["statexec --recover", "list the journals of runs that were killed"],
];

/** Returns the text of `--help all`: at most 80 columns wide, a line break at its end, escape sequences only with colour. */
export async function renderHelp({ colour = false }: { readonly colour?: boolean } = {}): Promise<string> {
  const title = (text: string) => (colour ? `\u001b[33m${text}\u001b[0m` : text);
  const term = (text: string) => (colour ? `\u001b[36m${text}\u001b[0m` : text);
  const rows = (pairs: readonly (readonly [string, string])[]) =>
    pairs.flatMap(([name, text]) => layOut(name, text, term));
  const examples = EXAMPLES.flatMap(([command, purpose]) => [`  # ${purpose}`, `  ${term(command)}`]);
  const lines = [
    `${title("Usage:")} ${SYNOPSIS}`,
    "",
    ...wrap(INTRODUCTION, WIDTH),
    "",
    title("Options:"),
    ...rows(await optionRows()),
    "",
    ...wrap(PRECEDENCE, WIDTH),
    "",
    title("Variables without a flag:"),
    ...rows([...Object.values(SECRETS), READ_MEMORY].map(({ env, help }) => [env, help] as const)),
    "",
    title("Exit status:"),
    ...rows(EXIT_STATUSES),
    "",
    title("Examples:"),
    ...examples,
  ];
  return `${lines.join("\n")}\n`;
}

/** Returns the option table as a citty command. It renders the help; it parses nothing. */
export function cittyCommand(): CommandDef {
  const args: ArgsDef = {};
  for (const id of OPTION_IDS) {
    const option: Option = OPTIONS[id];
    const common = {
      description: "env" in option ? `${option.help} [${variableOf(option)}]` : option.help,
      alias: option.shorts.map((short) => short.slice(1)),
    };
    args[option.flag.slice(2)] =
      option.operand === undefined
        ? { ...common, type: "boolean" }
        : { ...common, ...helpDefault(option), type: "string", valueHint: option.operand.placeholder };
  }
  return defineCommand({ meta: { name: "statexec", description: INTRODUCTION }, args });
}

function helpDefault(option: Option): { default?: string } {
  return option.kind === "setting" && option.defaultText !== undefined ? { default: option.defaultText } : {};
}

/**
 * Returns spelling and description of each option as citty renders them. citty's table is as wide as its longest rows
 * and its colours depend on the environment, so the cells are taken out of it and laid out again.
 */
async function optionRows(): Promise<(readonly [spelling: string, description: string])[]> {
  const usage = Bun.stripANSI(await renderUsage(cittyCommand()));
  return [...usage.matchAll(/^ +(-\S+(?: \S+)*) {2,}(.*\S) *$/gm)].map(([, spelling = "", text = ""]) => [
    spelling,
    text,
  ]);
}

/** Puts a name and its text into two columns. A name that is too long is on a line above its text. */
function layOut(name: string, text: string, paint: (text: string) => string): string[] {
  const indent = " ".repeat(DESCRIPTION_COLUMN);
  const [first = "", ...rest] = wrap(text, WIDTH - DESCRIPTION_COLUMN);
  const gap = DESCRIPTION_COLUMN - 2 - name.length;
  const head = gap < 2 ? [`  ${paint(name)}`, indent + first] : [`  ${paint(name)}${" ".repeat(gap)}${first}`];
  return [...head, ...rest.map((line) => indent + line)];
}

/** Breaks a text at its spaces and before a variable; a default in parentheses stays on one line. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.match(/\([^)]*\)|\S+/g) ?? []) {
    const last = lines.at(-1);
    const fits = last !== undefined && last.length + 1 + word.length <= width;
    if (fits && !word.startsWith("[SE_")) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Returns the Markdown table of all options, for README and docs. */
export function readmeOptions(): string {
  const rows = OPTION_IDS.map((id) => {
    const option: Option = OPTIONS[id];
    const operand = option.operand === undefined ? "" : ` <${option.operand.placeholder}>`;
    const spellings = [`${option.flag}${operand}`, ...option.shorts].map(code).join(", ");
    const variable = "env" in option ? code(variableOf(option)) : "";
    return [spellings, variable, option.help, defaultCell(option)];
  });
  return [["Option", "Variable", "What it does", "Default"], ["---", "---", "---", "---"], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

function defaultCell(option: Option): string {
  if (option.kind !== "setting") return "";
  if (option.defaultText === undefined) return option.operand === undefined ? "off" : "";
  return option.defaultText === String(option.default) || option.defaultText.startsWith("--")
    ? code(option.defaultText)
    : option.defaultText;
}

function code(text: string): string {
  return `\`${text}\``;
}
