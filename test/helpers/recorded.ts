import { readFileSync } from "node:fs";
import type { Recording } from "../../src/recording/recording.ts";
import { parseStrictly } from "./strict-reader.ts";

export type Point = readonly [atMs: number, value: number];

/** A metrics file, read back for assertions. */
export class Recorded {
  readonly recording: Recording;

  constructor(path: string) {
    this.recording = parseStrictly(readFileSync(path), path);
  }

  /** The points of every series of a family, by the values of its own labels: `cpu0,user`. */
  family(name: string): Map<string, Point[]> {
    const found = new Map<string, Point[]>();
    for (const { metric, labels, blocks } of this.recording.series()) {
      if (metric.name !== name) continue;
      const points: Point[] = [];
      for (const { length, times, values } of blocks())
        for (let i = 0; i < length; i++) points.push([times[i]!, values[i]!]);
      found.set(labels.join(), points);
    }
    return found;
  }

  /** The points of one series. Throws where there is none. */
  points(name: string, ...labels: string[]): Point[] {
    const points = this.family(name).get(labels.join());
    if (!points) throw new Error(`${name} has no series ${labels.join()}`);
    return points;
  }

  /** The last value of one series. */
  last(name: string, ...labels: string[]): number {
    return this.points(name, ...labels).at(-1)![1];
  }

  fact(name: string): string[] {
    return this.recording.facts.filter(([fact]) => fact === name).map(([, value]) => value);
  }
}

export function cpuSeconds(run: Recorded): number {
  return run.last("command_cpu_seconds", "user") + run.last("command_cpu_seconds", "system");
}

/**
 * Whether all CPU time was found. Where others keep the machine busy, processes of theirs may end unseen: then it is a
 * lower bound, and one above it says that little can be missing.
 */
export function isWholeCpu(run: Recorded): boolean {
  if (run.family("accounting").has("cpu,wait4")) return true;
  return run.last("command_cpu_bound_seconds") - cpuSeconds(run) < 0.4;
}
