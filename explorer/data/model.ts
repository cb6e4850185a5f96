/**
 * What the page knows of its runs, and how it asks for points. Two sources answer: the server of `--explore` over HTTP,
 * and the data inside a report. Both go by the same functions, so that a report shows what the page shows.
 */

/** One run: a metrics file, or the journal of a run that is still going. */
export interface RunInfo {
  /** Names the run in requests; stable while the page is open. */
  readonly id: string;
  /** The file's name, for people. */
  readonly name: string;
  /** Still going: more points will come. */
  readonly live: boolean;
  readonly instance: string;
  readonly role: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly facts: readonly (readonly [fact: string, value: string])[];
  readonly events: readonly EventInfo[];
  /** First and last sample, milliseconds since the epoch on the file's axis. */
  readonly startMs: number;
  readonly endMs: number;
  /** From the command's start sample to its end sample, or to the last one of a live run; null: it never ran. */
  readonly command: { readonly fromMs: number; readonly toMs: number } | null;
  readonly series: readonly SeriesInfo[];
}

export interface EventInfo {
  readonly atMs: number;
  readonly event: string;
  readonly text: string;
}

/** One series of a run; its place in `RunInfo.series` names it in requests. */
export interface SeriesInfo {
  /** Name in the catalogue: without prefix and suffix. A family that the catalogue does not have keeps its own name. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "info" | "unknown";
  readonly unit: string;
  /** The metric's own labels. */
  readonly labels: Readonly<Record<string, string>>;
  readonly points: number;
}

/** A file that could not be read, or not to its end. */
export interface Problem {
  readonly file: string;
  /** What and where, for people. */
  readonly message: string;
}

export interface Runs {
  readonly runs: readonly RunInfo[];
  readonly problems: readonly Problem[];
}

/** A line of a chart: the sum of some series, a point wherever at least one of them has one. */
export interface LineRequest {
  readonly series: readonly number[];
  /** As it is; or a counter's growth a second, absent over a gap and where it fell. */
  readonly as: "value" | "rate";
}

export interface PointsRequest {
  readonly lines: readonly LineRequest[];
  readonly fromMs: number;
  readonly toMs: number;
  /** At most four points are answered for each of so many equal parts of the time: its first, lowest, highest, last. */
  readonly pixels: number;
}

/** The points of one line, in order of time; NaN is a gap. */
export interface LinePoints {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Where a page has its runs from. */
export interface DataSource {
  runs(): Promise<Runs>;
  /** One answer a line. */
  points(run: string, request: PointsRequest): Promise<readonly LinePoints[]>;
  /** Calls back when a live run has new points or has ended; the answer ends it. Absent: nothing ever changes. */
  follow?(changed: () => void): () => void;
}
