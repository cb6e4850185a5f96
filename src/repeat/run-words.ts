import type { Config } from "../cli/config.ts";
import { type Given, OPTIONS, type OptionId } from "../cli/options.ts";
import { REPEAT_OPTIONS } from "../cli/options-repeat.ts";

/* How statexec calls itself for each run of a series: as one would type that run alone. */

/** The outputs of which each run has its own. A Markdown summary is appended to, and so is one for all. */
const NUMBERED = ["file", "summaryJson", "reportTo"] as const;

/** Returns the name of a run's own output: its number is before the endings that say what is in the file. */
export function numberedFile(path: string, run: number): string {
  const [, stem = path, endings = ""] = /^(.*?[^/])((?:\.(?:prom|txt|json|html|gz|zst))+)$/s.exec(path) ?? [];
  return `${stem}.${run}${endings}`;
}

/** Returns the words for run `run` of a series, the command's words last. */
export function wordsOfRun(config: Config, flags: readonly Given[], run: number): string[] {
  const outputs = NUMBERED.flatMap((id) => {
    const path = config[id];
    return path === undefined ? [] : [`${OPTIONS[id].flag}=${numberedFile(path, run)}`];
  });
  return [...commonWords(config, flags), ...outputs, "--", ...config.command];
}

/** All options as they were typed, without those of the series itself. One run of many prints a summary only if asked to. */
function commonWords({ summary, quiet }: Config, flags: readonly Given[]): string[] {
  const own: readonly OptionId[] = [...(Object.keys(REPEAT_OPTIONS) as OptionId[]), ...NUMBERED];
  const typed = flags.filter(({ option }) => !own.includes(option)).map(asTyped);
  return [`${OPTIONS.runs.flag}=1`, ...typed, ...(summary || quiet ? [] : [OPTIONS.quiet.flag])];
}

function asTyped({ option, text }: Given): string {
  const { flag } = OPTIONS[option];
  return text === undefined ? flag : `${flag}=${text}`;
}
