import type { HistoryRequest } from "../cli/mode-requests.ts";
import { OutputError, ParseError } from "../errors.ts";
import { defaultBranchOf, projectOf } from "../history/git-state.ts";
import { defaultHistoryFile, importRuns, readRunLines, readRuns } from "../history/history-file.ts";
import { historyTable } from "../history/history-table.ts";
import { readImport } from "../history/import-lines.ts";
import type { RememberedRun } from "../history/remembered-run.ts";
import { trendOf } from "../history/trend.ts";
import { trendMarkdown } from "../history/trend-markdown.ts";
import { trendPage } from "../history/trend-page.ts";
import { trendText } from "../history/trend-text.ts";
import { terminalStyle } from "../output/terminal-style.ts";
import { safeLine } from "../safe-text.ts";

/*
 * The history is one file for all projects, and so the project decides what is listed: runs of another repository have other
 * commits and cannot be compared with these.
 */

const STDOUT = 1;
/** A trend is of so many of the newest runs, if nobody says otherwise: more points do not fit beside each other. */
const TREND_RUNS = 500;
/** A table shows so many of the newest runs, if nobody says otherwise; JSON lines are for programs, which get all. */
const TABLE_RUNS = 20;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `--history`: returns the remembered runs of this folder's project, or what an import has added.
 * @throws OutputError where they cannot be read, or a line of an import is wrong
 */
export async function historyText(request: HistoryRequest, env: Environment, folder: string): Promise<string> {
  return request.importFrom === undefined
    ? listHistory(request, env, folder)
    : importHistory(request.importFrom, request.file ?? defaultHistoryFile(env), projectOf(folder));
}

async function importHistory(from: string, file: string, project: string): Promise<string> {
  const source = from === "-" ? Bun.stdin : Bun.file(from);
  const content = await source.text().catch((error: unknown) => {
    throw new OutputError(`--import: ${error instanceof Error ? error.message : String(error)}`);
  });
  const runs = readAll(content, from === "-" ? "standard input" : from, project);
  const added = importRuns(file, runs);
  const known = runs.length - added;
  return `${added} ${added === 1 ? "run" : "runs"} added${known > 0 ? `, ${known} known before` : ""}\n`;
}

/** Throws OutputError. */
function readAll(content: string, path: string, project: string): RememberedRun[] {
  try {
    return readImport(content, path, project);
  } catch (error) {
    throw error instanceof ParseError ? new OutputError(`--import: ${error.message}; nothing was added`) : error;
  }
}

function listHistory(request: HistoryRequest, env: Environment, folder: string): string {
  const { file, branch, command, format, last, host, since, trend } = request;
  const project = projectOf(folder);
  const sinceMs = since && ("atMs" in since ? since.atMs : Math.max(0, Date.now() - since.agoMs));
  const path = file ?? defaultHistoryFile(env);
  const chosen = { project, branch, command, host, sinceMs };
  if (format === "json")
    return readRunLines(path, { ...chosen, last })
      .map((line) => `${line}\n`)
      .join("");
  const runs = readRuns(path, { ...chosen, last: last ?? (trend.length > 0 ? TREND_RUNS : TABLE_RUNS) });
  if (runs.length > 0) return trend.length > 0 ? trendsText(request, runs, { project, env }) : historyTable(runs);
  const wanted = [
    ...(command === "" ? [] : [` of ${safeLine(command)}`]),
    ...(branch === undefined ? [] : [` on ${safeLine(branch)}`]),
    ...(host === undefined ? [] : [` of machine ${safeLine(host)}`]),
    ...(sinceMs === undefined ? [] : [` since ${new Date(sinceMs).toISOString()}`]),
  ];
  return `no run${wanted.join("")} is remembered in ${safeLine(project)}\n`;
}

interface Place {
  readonly project: string;
  readonly env: Environment;
}

function trendsText({ trend: names, format }: HistoryRequest, runs: RememberedRun[], { project, env }: Place): string {
  const trends = names.flatMap((name) => trendOf(name, runs) ?? []);
  if (format === "markdown") return trendMarkdown(trends, runs, defaultBranchOf(project, env));
  if (format === "html") return trendPage(trends);
  const style = terminalStyle(STDOUT, env);
  return trends.map((trend) => trendText(trend, style)).join("\n");
}
