import type { HistoryRequest } from "../cli/mode-requests.ts";
import { projectOf } from "../history/git-state.ts";
import { defaultHistoryFile, readRuns } from "../history/history-file.ts";
import { historyTable } from "../history/history-table.ts";
import { safeLine } from "../safe-text.ts";

/*
 * The history is one file for all projects, and so the project decides what is listed: runs of another repository have other
 * commits and cannot be compared with these.
 */

/** A table shows so many of the newest runs, if nobody says otherwise; JSON lines are for programs, which get all. */
const TABLE_RUNS = 20;

type Environment = Readonly<Record<string, string | undefined>>;

/** `--history`: returns the remembered runs of this folder's project. Throws OutputError where they cannot be read. */
export function listHistory(request: HistoryRequest, env: Environment, folder: string): string {
  const { file, branch, command, format, last } = request;
  const project = projectOf(folder);
  const runs = readRuns(file ?? defaultHistoryFile(env), {
    ...{ project, branch, command },
    last: last ?? (format === "table" ? TABLE_RUNS : undefined),
  });
  if (format === "json") return runs.map((run) => `${JSON.stringify(run)}\n`).join("");
  if (runs.length > 0) return historyTable(runs);
  const wanted = [
    ...(command === "" ? [] : [` of ${safeLine(command)}`]),
    ...(branch === undefined ? [] : [` on ${safeLine(branch)}`]),
  ];
  return `no run${wanted.join("")} is remembered in ${safeLine(project)}\n`;
}
