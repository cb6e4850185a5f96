import type { Config } from "../cli/config.ts";
import { type Given, OPTIONS, type OptionId } from "../cli/options.ts";
import { REPEAT_OPTIONS } from "../cli/options-repeat.ts";
import type { Variant } from "./variants.ts";

/* How statexec calls itself for each run of a series: as one would type that run alone. */

/** The outputs of which each run has its own. A Markdown summary is appended to, and so is one for all. */
const NUMBERED = ["file", "summaryJson", "reportTo"] as const;

/** Returns the name of a run's own output: what marks the run is before the endings that say what is in the file. */
export function numberedFile(path: string, mark: number | string): string {
  const [, stem = path, endings = ""] = /^(.*?[^/])((?:\.(?:prom|txt|json|html|gz|zst))+)$/s.exec(path) ?? [];
  return `${stem}.${mark}${endings}`;
}

/** Returns the name of the output of a run of a variant. */
export function fileOfRun(path: string, { mark }: Pick<Variant, "mark">, run: number): string {
  return numberedFile(path, mark === "" ? run : `${mark}.${run}`);
}

/** Returns the words for run `run` of a variant, the command's words last. */
export function wordsOfRun(config: Config, flags: readonly Given[], variant: Variant, run: number): string[] {
  const outputs = NUMBERED.flatMap((id) => {
    const path = config[id];
    return path === undefined ? [] : [`${OPTIONS[id].flag}=${fileOfRun(path, variant, run)}`];
  });
  return [...commonWords(config, flags), ...outputs, "--", ...variant.command];
}

/** By these, whatever the variables of the environment say, it is one run. */
const ONE_RUN = [`${OPTIONS.runs.flag}=1`, `${OPTIONS.versus.flag}=false`, `${OPTIONS.parameters.flag}=off`];

/** All options as they were typed, without those of the series itself. One run of many prints a summary only if asked to. */
function commonWords({ summary, quiet }: Config, flags: readonly Given[]): string[] {
  const own: readonly OptionId[] = [...(Object.keys(REPEAT_OPTIONS) as OptionId[]), ...NUMBERED];
  const typed = flags.filter(({ option }) => !own.includes(option)).map(asTyped);
  return [...ONE_RUN, ...typed, ...(summary || quiet ? [] : [OPTIONS.quiet.flag])];
}

function asTyped({ option, text }: Given): string {
  const { flag } = OPTIONS[option];
  return text === undefined ? flag : `${flag}=${text}`;
}
