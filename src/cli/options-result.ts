import { type Budget, budgets } from "./budget.ts";
import { setting } from "./option.ts";
import { type PushTarget, pushTarget } from "./push-url.ts";
import { boolean, inputPaths, outputPath } from "./values.ts";

/** What a run says at its end, and what it may use at most. */
export const RESULT_OPTIONS = {
  summary: setting({
    flag: "--summary",
    shorts: [],
    parse: boolean,
    default: false,
    help: "Print a summary on standard error after the command; without this, only where that is a terminal.",
  }),
  quiet: setting({
    flag: "--quiet",
    shorts: ["-q"],
    parse: boolean,
    default: false,
    help: "Print no summary.",
  }),
  summaryJson: setting<string | undefined>({
    flag: "--summary-json",
    shorts: [],
    operand: { placeholder: "file", example: "summary.json" },
    parse: outputPath,
    default: undefined,
    help: "Write the summary to this file, as JSON with exact figures; - is standard output.",
  }),
  summaryMarkdown: setting<string | undefined>({
    flag: "--summary-markdown",
    shorts: [],
    operand: { placeholder: "file", example: "summary.md" },
    parse: outputPath,
    default: undefined,
    help: "Append the summary to this file, as Markdown for a CI's job page.",
  }),
  budget: setting<readonly Budget[]>({
    flag: "--budget",
    shorts: [],
    operand: { placeholder: "limit", example: "memory<512MiB" },
    parse: budgets,
    default: [],
    defaultText: undefined,
    repeatable: true,
    help: "Fail with status 124 where the command used more, of wall, cpu, memory, memory-with-cache, processes, threads, read or written; may be repeated, or hold several with commas.",
  }),
  budgetKill: setting({
    flag: "--budget-kill",
    shorts: [],
    parse: boolean,
    default: false,
    help: "End the command at once where it exceeds a budget.",
  }),
  baseline: setting<readonly string[]>({
    flag: "--baseline",
    shorts: [],
    operand: { placeholder: "file", example: "base.prom" },
    parse: inputPaths,
    default: [],
    defaultText: undefined,
    repeatable: true,
    help: "Metrics file of an earlier run, for budgets such as cpu<+10%; may be repeated.",
  }),
  reportTo: setting<string | undefined>({
    flag: "--report-to",
    shorts: [],
    operand: { placeholder: "file", example: "out.html" },
    parse: outputPath,
    default: undefined,
    help: "Also write a page that shows the run, one HTML file that needs no network.",
  }),
  pushTo: setting<PushTarget | undefined>({
    flag: "--push-to",
    shorts: [],
    operand: { placeholder: "url", example: "http://vmsingle:8428" },
    parse: pushTarget,
    default: undefined,
    help: "When the metrics file is written, send it there as --push does; if that fails, the status is still the command's.",
  }),
};
