import type { RunEvent } from "../recording/recording.ts";

/** What the original program notes in a comment for Grafana. */
export interface Annotation {
  /** Milliseconds since the epoch; in its first versions since the start. */
  readonly timeMs: number;
  readonly text: string;
  readonly tags: readonly string[];
  /** The run's that it is of; undefined: it does not say. */
  readonly instance: string | undefined;
}

const PREFIX = "#grafana-annotation ";

/** Times before 1973 are those that count from the start. */
const LEAST_EPOCH_MS = 1e11;

const EVENTS: Readonly<Record<string, string>> = { start: "command_started", done: "command_done" };

/** Whether a comment is such a note. */
export function isAnnotation(comment: string): boolean {
  return comment.startsWith(PREFIX);
}

/** The note that a comment is; undefined where it is damaged. */
export function annotationOf(comment: string): Annotation | undefined {
  const json = parsed(comment.slice(PREFIX.length));
  if (typeof json !== "object" || json === null || !("time" in json) || !("text" in json)) return undefined;
  const { time, text } = json;
  if (typeof time !== "number" || !Number.isFinite(time) || typeof text !== "string") return undefined;
  const tags = "tags" in json && Array.isArray(json.tags) ? json.tags.map(String) : [];
  const instance = tags.find((tag) => tag.startsWith("instance="))?.slice("instance=".length);
  return { timeMs: time, text, tags, instance };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The event that a note tells of, in a run that began then. */
export function eventOf({ timeMs, text, tags }: Annotation, startMs: number): RunEvent {
  const word = tags.find((tag) => tag in EVENTS);
  const atMs = Math.abs(timeMs) < LEAST_EPOCH_MS && timeMs < startMs ? startMs + timeMs : timeMs;
  return { atMs, event: (word && EVENTS[word]) ?? "annotation", text };
}
