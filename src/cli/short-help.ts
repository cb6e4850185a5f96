import type { Option } from "./option.ts";
import { OPTIONS, type OptionId } from "./options.ts";

/*
 * The text of `--help`: two screens of 30 rows. `--help all`, the manual page and docs/options.md have every option.
 */

const USAGE = "Usage: statexec [OPTIONS] [--] <command> [args]";

const EXAMPLES: readonly (readonly [command: string, purpose: string])[] = [
  ["statexec make -j8", "record a build, see what held it back"],
  ["statexec --explore", "show that run in the browser"],
  ["statexec --compare old.prom new.prom", "see what became better or worse"],
];

const INTRODUCTION = [
  "Runs a command, records what it and the machine use meanwhile, and writes that",
  "to one file. The command keeps its arguments, streams and signals.",
];

/** An option, and what it does in one line of a terminal. */
type Brief = readonly [id: OptionId, text: string, operands?: string];

/** The options that most people need, by subject. */
export const HELP_GROUPS: readonly (readonly [subject: string, briefs: readonly Brief[]])[] = [
  [
    "What is recorded",
    [
      ["file", "where to (statexec_metrics.prom); .zst is smaller"],
      ["intervalSeconds", "time between samples, 1 s; 0.1 for short runs"],
      ["delaySeconds", "record so long before and after the command, too"],
      ["label", "a label on every series, such as env=prod"],
      ["collectors", "only these, or all but -name; see --list-collectors"],
      ["cgroup", "auto: exact figures, by a control group of its own"],
    ],
  ],
  [
    "What is said at the end",
    [
      ["summary", "a summary, also where stderr is no terminal"],
      ["quiet", "no summary"],
      ["summaryJson", "the summary for programs; - is standard output"],
      ["summaryMarkdown", "the summary for the job page of a CI system"],
      ["reportTo", "the run as a page, in one HTML file"],
      ["pushTo", "send the metrics to VictoriaMetrics, or by OTLP"],
    ],
  ],
  [
    "What it may use",
    [
      ["budgets", "such as memory<2GiB or wall<10m: else status 124"],
      ["budgetKill", "end the command as soon as it exceeds a budget"],
      ["budgetStrict", "fail also where it is not proven that it is kept"],
      ["mark", "in a script: begin a phase; then link:memory<2GiB"],
      ["baselines", "an earlier run, for budgets such as cpu<+10%"],
    ],
  ],
  [
    "Two hosts that start and stop together",
    [
      ["server", "wait for a client: statexec -s -- iperf3 -s"],
      ["connect", "be that client: statexec -c host1 iperf3 -c host1"],
      ["ready", "let it start when tcp:5201 or a URL answers"],
      ["syncTokenFile", "obey only those who have the same token"],
    ],
  ],
  [
    "Meanwhile and afterwards; no command runs",
    [
      ["watch", "show a run that goes on, in a second terminal", "[run]"],
      ["listen", "while it runs, a page and /metrics at this port"],
      ["explore", "show runs in the browser, also while they run", "[files]"],
      ["report", "show runs on a page, in one HTML file", "[files]"],
      ["compare", "what became better or worse; status 1: worse", "<base> <new>"],
      ["processesOf", "which programs used most, by --processes", "<file>"],
      ["history", "the runs that --remember kept", "[command]"],
      ["size", "what to request for a job, and where to limit it", "<files>"],
      ["recover", "make the file of a run that was killed", "[journals]"],
      ["push", "send runs to VictoriaMetrics, or by OTLP", "[files]"],
      ["listCollectors", "what can be recorded here"],
      ["completions", "the completion of bash, fish or zsh"],
    ],
  ],
];

const END = [
  "Each option has a variable, too: SE_FILE for --file. A flag wins over it.",
  "Status: the command's own; 124 it exceeded a budget, 125 statexec failed,",
  "126 the command cannot be executed, 127 it was not found.",
  "All options: statexec --help all. The version: --version.",
];

/** The column at which the texts begin. */
const TEXT_COLUMN = 29;

/** Returns the text of `--help`: at most 80 columns, a line break at its end, escape sequences only with colour. */
export function renderShortHelp({ colour = false }: { readonly colour?: boolean } = {}): string {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const width = Math.max(...EXAMPLES.map(([command]) => command.length));
  const lines = [
    USAGE,
    "",
    ...EXAMPLES.map(([command, purpose]) => `  ${paint(36, command.padEnd(width))}   ${purpose}`),
    "",
    ...INTRODUCTION,
  ];
  for (const [subject, briefs] of HELP_GROUPS) {
    lines.push("", paint(33, `${subject}:`));
    for (const [id, text, operands] of briefs) {
      const spelling = spellingOf(OPTIONS[id], operands);
      const gap = " ".repeat(Math.max(1, TEXT_COLUMN - 2 - spelling.length));
      lines.push(`  ${paint(36, spelling)}${gap}${text}`);
    }
  }
  return `${[...lines, "", ...END].join("\n")}\n`;
}

/** `-f, --file <file>`. */
function spellingOf({ flag, shorts, operand }: Option, operands = ""): string {
  const value = operand === undefined ? "" : ` <${operand.placeholder}>`;
  const names = [shorts.find((short) => short.length === 2), flag].filter((name) => name !== undefined).join(", ");
  return `${names}${value}${operands === "" ? "" : ` ${operands}`}`;
}
