import { version } from "../package.json";
import { METRICS, type Metric, sampleName } from "../src/catalog/index.ts";
import { EXAMPLES, EXIT_STATUSES, INTRODUCTION, PRECEDENCE } from "../src/cli/help.ts";
import { type Option, variableOf } from "../src/cli/option.ts";
import { OPTION_IDS, OPTIONS } from "../src/cli/options.ts";

export const MANUAL = "man/statexec.1";

/** Escapes text for troff: no part of it is a request, and ASCII characters stay as they are. */
function plain(text: string): string {
  const signs: Readonly<Record<string, string>> = {
    "\\": "\\(rs",
    "-": "\\-",
    '"': "\\(dq",
    "'": "\\(aq",
    "`": "\\(ga",
    "^": "\\(ha",
    "~": "\\(ti",
  };
  const escaped = text.replace(/[\\\-"'`^~]/g, (sign) => signs[sign]!);
  return escaped.startsWith(".") ? `\\&${escaped}` : escaped;
}

function bold(text: string): string {
  return `\\fB${plain(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${plain(text)}\\fR`;
}

/** Returns a term with its description below, indented. */
function item(term: string, ...lines: readonly string[]): string[] {
  return [".TP", term, ...lines];
}

function optionItem(option: Option): string[] {
  const operand = option.operand === undefined ? "" : ` ${italic(option.operand.placeholder)}`;
  const term = [option.flag, ...option.shorts].map((flag) => bold(flag) + operand).join(", ");
  const initial = option.kind === "setting" && option.defaultText !== undefined ? [option.defaultText] : [];
  const variable =
    option.kind === "mode" || option.kind === "modifier" ? [] : [`Variable: ${bold(variableOf(option))}.`];
  const texts = [plain(option.help), ...initial.map((text) => `Default: ${plain(text)}.`), ...variable];
  return item(term, ...texts);
}

function metricItem(metric: Metric): string[] {
  const labels = metric.labels.length > 0 ? `{${metric.labels.map(italic).join(", ")}}` : "";
  const term = `${bold(sampleName(metric))}${labels} (${metric.type})`;
  return item(term, plain(metric.help), `Source: ${plain(metric.source)}.`);
}

/** Returns the page, made from the same tables as the program. */
export function manual(): string {
  const lines = [
    '.\\" Made by scripts/manual.ts: change the tables, not this file.',
    `.TH STATEXEC 1 "" "statexec ${plain(version)}" "User Commands"`,
    ".nh",
    ".ad l",
    ".SH NAME",
    "statexec \\- run a command and record what it and the machine use",
    ".SH SYNOPSIS",
    `${bold("statexec")} [${italic("OPTIONS")}] [${bold("--")}] ${italic("command")} [${italic("args")}]`,
    ".SH DESCRIPTION",
    plain(INTRODUCTION),
    ".PP",
    "The command begins at the first word that is neither an option nor an option\\(aqs value, or after",
    `${bold("--")}; from there on every word is the command\\(aqs.`,
    plain(PRECEDENCE.replace(", which is in brackets", "")),
    ".SH OPTIONS",
    ...OPTION_IDS.flatMap((id) => optionItem(OPTIONS[id])),
    ".SH EXIT STATUS",
    ...EXIT_STATUSES.flatMap(([status, meaning]) => item(bold(status), plain(meaning))),
    ".SH FILES",
    ...item(bold(OPTIONS.file.default), "The metrics, in the folder in which statexec was called."),
    ...item(
      bold(".<file>.<pid>.journal"),
      "The journal beside it: what was recorded so far. It is removed when the metrics are written.",
    ),
    ".SH METRICS",
    "Each metric has its own labels, instance, job and role, and the labels of the user.",
    ...METRICS.flatMap(metricItem),
    ".SH EXAMPLES",
    ...EXAMPLES.flatMap(([command, purpose]) => item(plain(command), plain(`${purpose}.`))),
    ".SH SEE ALSO",
    ".BR time (1),",
    ".BR timeout (1),",
    ".BR sar (1),",
    ".BR proc (5)",
  ];
  return `${lines.join("\n")}\n`;
}

if (import.meta.main) await Bun.write(MANUAL, manual());
