import type { Config } from "../cli/config.ts";
import { OPTIONS } from "../cli/options.ts";
import type { RUNS_FILE_OPTIONS } from "../cli/options-repeat.ts";
import { claimAppended } from "../output/append-output.ts";
import { claimOther, refuseSameFile } from "../output/other-outputs.ts";
import type { MeasuredSeries } from "./measured-series.ts";
import { seriesCsv, seriesJson, seriesMarkdown } from "./runs-formats.ts";

/** The files that a series writes of all its runs. */
export interface RunsFiles {
  /** Writes each; `failed` gets what is wrong with those that cannot be written. Returns whether there is none. */
  write(series: MeasuredSeries, failed: (message: string) => void): Promise<boolean>;
  /** Gives their places back. */
  abandon(): void;
}

type RunsFileId = keyof typeof RUNS_FILE_OPTIONS;

interface Form {
  /** Whether the text is added to the file's end, not put in its place. */
  readonly appends: boolean;
  readonly serialize: (series: MeasuredSeries) => string;
}

const FORMS: Readonly<Record<RunsFileId, Form>> = {
  runsJson: { appends: false, serialize: seriesJson },
  runsMarkdown: { appends: true, serialize: seriesMarkdown },
  runsCsv: { appends: false, serialize: seriesCsv },
};

interface Place {
  readonly write: (text: string) => Promise<void>;
  readonly abandon: () => void;
  readonly serialize: Form["serialize"];
}

/** Takes the places of the files that are wanted, before anything runs. Throws OutputError where one is refused. */
export function openRunsFiles(config: Config): RunsFiles {
  const ids = Object.keys(FORMS) as RunsFileId[];
  const output = typeof config.output === "object" ? config.output.path : undefined;
  refuseSameFile([
    { flag: OPTIONS.output.flag, path: output },
    ...ids.map((id) => ({ flag: OPTIONS[id].flag, path: config[id] })),
  ]);
  const places: Place[] = [];
  const abandon = () => {
    for (const place of places) place.abandon();
  };
  try {
    for (const id of ids) {
      const path = config[id];
      if (path !== undefined) places.push(placeOf(path, OPTIONS[id].flag, FORMS[id]));
    }
  } catch (error) {
    abandon();
    throw error;
  }
  return { abandon, write: (series, failed) => writeAllOf(places, series, failed) };
}

function placeOf(path: string, flag: string, { appends, serialize }: Form): Place {
  const place = appends ? { abandon: () => undefined, ...claimAppended(path, flag) } : claimOther(path, flag);
  return {
    serialize,
    write: async (text) => {
      await place.ready?.(() => false);
      await place.write((sink) => sink(new TextEncoder().encode(text)));
    },
    abandon: () => place.abandon(),
  };
}

async function writeAllOf(
  places: readonly Place[],
  series: MeasuredSeries,
  failed: (message: string) => void,
): Promise<boolean> {
  let isWhole = true;
  for (const { serialize, write } of places) {
    try {
      await write(serialize(series));
    } catch (error) {
      isWhole = false;
      failed(error instanceof Error ? error.message : String(error));
    }
  }
  return isWhole;
}
