import { START_MS } from "../helpers/recording.ts";

/** A line of a record of processes. */
export interface MadeProcess {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Seconds from the run's first sample. */
  readonly start: number;
  readonly end: number | null;
  readonly cpu?: number | null;
  readonly resident?: number | null;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A sample of a record. Times are seconds from the run's first sample; processes have the numbers that `more` gives them. */
export interface MadeSample {
  readonly from?: number;
  readonly at: number;
  readonly cpu: Readonly<Record<number, number>>;
  readonly resident: Readonly<Record<number, number>>;
  readonly left?: readonly number[];
  /** Processes, seconds and bytes. */
  readonly rest?: readonly [number, number, number];
}

/** Returns the bytes of a record, as `--processes` writes it. */
export function processRecord(
  all: readonly MadeProcess[],
  end: Readonly<Record<string, unknown>> | null = {},
  samples: readonly MadeSample[] = [],
): Uint8Array {
  const at = (seconds: number) => START_MS / 1000 + seconds;
  const lines: unknown[] = all.map(({ pid, parent, name, start, end: ended, cpu = 0, resident = null, more }) => ({
    ...{ type: "process", pid, parent, name, names: [name], start: at(start), end: ended === null ? null : at(ended) },
    ...{ cpu_seconds: cpu, execs: 1, threads: 1, resident_bytes: resident, source: "perf", ...more },
  }));
  for (const [place, { from, at: until, cpu, resident, left = [], rest = [0, 0, 0] }] of samples.entries()) {
    const times = { time: at(until), ...(place === 0 ? { since: at(from ?? until) } : {}), whole: place === 0 };
    lines.push({
      ...{ type: "sample", ...times, used_id: Object.keys(cpu).map(Number), used_cpu_seconds: Object.values(cpu) },
      ...{ held_id: Object.keys(resident).map(Number), held_bytes: Object.values(resident), left_id: left },
      ...{ rest_processes: rest[0], rest_cpu_seconds: rest[1], rest_resident_bytes: rest[2] },
    });
  }
  if (end) lines.push({ type: "end", source: "perf", processes: all.length, complete: true, lost_records: 0, ...end });
  return Bun.gzipSync(new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
}

/**
 * Makes the processes of a build of two minutes from 3 s on: a make, whose shells each start a compiler or an assembler, four
 * at a time, and at the end a linker that all waited for.
 */
export function madeBuild(count: number): MadeProcess[] {
  const jobs = Math.floor((count - 2) / 2);
  const each = 96 / Math.ceil(jobs / 4);
  const all: MadeProcess[] = [
    { pid: 100, parent: 1, name: "make", start: 3, end: 123, cpu: 2.5, resident: 12 * 2 ** 20 },
  ];
  for (let job = 0; job < jobs; job++) {
    const start = 3 + Math.floor(job / 4) * each + (job % 4) * each * 0.02;
    const busy = each * (0.5 + ((job * 37) % 45) / 100);
    const pid = 200 + 2 * job;
    all.push({ pid, parent: 100, name: "sh", start, end: start + busy, cpu: 0.002 });
    const name = job % 9 === 8 ? "as" : "cc1plus";
    const resident = (60 + ((job * 61) % 400)) * 2 ** 20;
    all.push({
      pid: pid + 1,
      parent: pid,
      name,
      start: start + each * 0.01,
      end: start + busy,
      cpu: busy * 0.9,
      resident,
    });
  }
  all.push({ pid: 90_000, parent: 100, name: "ld", start: 100, end: 122.9, cpu: 22, resident: 2300 * 2 ** 20 });
  return all;
}
