import type { PlainFigures } from "../../src/recording/comparison.ts";

/**
 * The runs as the page knows them, and its requests for points. Two sources answer them: the server of `--explore` over
 * HTTP, and the data inside a report. Both use the same functions, so a report shows what the served page shows.
 */

/** One run: a metrics file, or the journal of a run that is still recording. */
export interface RunInfo {
  /** Names the run in requests; stable while the page is open. */
  readonly id: string;
  /** The file's name, shown to the reader. */
  readonly name: string;
  /** Whether the run is still recording: more points will come. */
  readonly live: boolean;
  readonly instance: string;
  readonly role: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly facts: readonly (readonly [fact: string, value: string])[];
  readonly events: readonly EventInfo[];
  /** First and last sample, in milliseconds since the epoch on the file's time axis. */
  readonly startMs: number;
  readonly endMs: number;
  /** From the command's start sample to its end sample, or to the last sample of a live run; null: it never ran. */
  readonly command: { readonly fromMs: number; readonly toMs: number } | null;
  readonly series: readonly SeriesInfo[];
  readonly known: KnownInfo;
  /** `[from, to]`, milliseconds: times in which samples were missed. Counters tell their means over these, gauges nothing. */
  readonly pauses: readonly (readonly [fromMs: number, toMs: number])[];
}

/** What the terminal's summary says of the run, by the same rules. */
interface KnownInfo {
  /** How far the command's CPU time and peak memory are known. */
  readonly cpu: FigureInfo;
  readonly memory: FigureInfo;
  /** CPUs that the command could use; null: not known. */
  readonly usableCpus: number | null;
  /** What limited the command, the most important first. */
  readonly limits: readonly LimitInfo[];
  /** What a reader must know of the samples; null: nothing. */
  readonly samples: string | null;
  /** What held the command back, as a sentence; null: it ran too short, or nothing is known. */
  readonly sentence: string | null;
  /** Where the command's time went; null: not known of most of it. */
  readonly wallTime: WallTimeInfo | null;
  /** Its main figures and those of its phases: what `--compare` compares. */
  readonly figures: PlainFigures;
}

/** Where a command's time went. Shares are 0 to 1 and add up to 1, in the order of `WALL_TIME_PARTS`. */
export interface WallTimeInfo {
  readonly shares: readonly number[];
  /** Whether all waits were seen: else time that counts as sleeping may have been a wait for a CPU or a disk. */
  readonly areWaitsSeen: boolean;
  /** The same in the course of time, in order. Times between two parts are not known. */
  readonly course: readonly { readonly fromMs: number; readonly toMs: number; readonly shares: readonly number[] }[];
}

/** A limit of the command. */
export interface LimitInfo {
  /** A word, as in the summary for programs: `cpu_starved`. */
  readonly what: string;
  /** For a person. */
  readonly text: string;
  /** It ended the command. */
  readonly isKill: boolean;
  /** The machine's network may have to do with it. */
  readonly hasTraffic: boolean;
  /** Of the command's time, 0 to 1; null: it ended the command. */
  readonly share: number | null;
  /** What would help against it. */
  readonly help: string;
  /** The shortest time that has most of it; null: not known. */
  readonly span: { readonly fromMs: number; readonly toMs: number } | null;
}

/** What the sources of a figure say together; null: not known, or nothing. */
export interface FigureInfo {
  readonly value: number | null;
  /** It cannot have been more. */
  readonly highest: number | null;
  /** A bound above what samples saw, which proves nothing of what they did not see. */
  readonly seenHighest: number | null;
  /** How it is known, in words. */
  readonly source: string | null;
  readonly contradiction: string | null;
}

export interface EventInfo {
  readonly atMs: number;
  readonly event: string;
  readonly text: string;
}

/** One series of a run. Requests name it by its index in `RunInfo.series`. */
export interface SeriesInfo {
  /** Name in the catalogue, without prefix and suffix. A family outside the catalogue keeps its own name. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "info" | "unknown";
  readonly unit: string;
  /** The metric's own labels, without those of the run. */
  readonly labels: Readonly<Record<string, string>>;
  /** The number of points. */
  readonly points: number;
  /** How much it moved, 0 to 1: how far its lowest value, or rate, is below its highest, as a share of the highest. */
  readonly moved: number;
}

/** A file that could not be read, or only in part. */
export interface Problem {
  readonly file: string;
  /** What is wrong and where, shown to the reader. */
  readonly message: string;
}

export interface Runs {
  readonly runs: readonly RunInfo[];
  readonly problems: readonly Problem[];
}

/** A line of a chart: the sum of some series. It has a point wherever at least one of them has one. */
export interface LineRequest {
  readonly series: readonly number[];
  /** `rate`: a counter's growth per second, absent over a gap and where the counter fell. */
  readonly as: "value" | "rate";
}

/** A span of time, and how finely it is drawn. */
export interface DrawnSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /**
   * The span is divided into this number of equal parts. The answer has at most four points for each: first, lowest,
   * highest and last. It also has the nearest point on either side of the span, so that lines reach the edges.
   */
  readonly pixels: number;
}

export interface PointsRequest extends DrawnSpan {
  readonly lines: readonly LineRequest[];
}

/** The points of one line, in order of time; NaN is a gap. */
export interface LinePoints {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Provides a page with runs and points. */
export interface DataSource {
  /** The help of metrics, by name, where the page's catalogue has none. */
  readonly helps?: Readonly<Record<string, string>> | undefined;
  runs(): Promise<Runs>;
  /** Returns the points of each requested line, in the order of the request. */
  points(run: string, request: PointsRequest): Promise<readonly LinePoints[]>;
  /**
   * Calls back when a live run has new points or has ended. The returned function stops that. Absent where nothing ever
   * changes.
   */
  follow?(changed: () => void): () => void;
}
