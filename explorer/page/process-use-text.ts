import { quantity } from "../../src/recording/quantities.ts";
import type { ProcessBar, ProcessUse } from "../processes/process-list.ts";
import { elapsed } from "./time-format.ts";

/** What a process used in one time of the run. */
interface OwnUse {
  readonly fromMs: number;
  readonly toMs: number;
  readonly milliCores: number;
  /** -1: it was not among the largest, or not there. */
  readonly kib: number;
}

/** The numbers of one time in `ProcessBar.use`. */
const EACH = 3;

/** Yields what samples say of a process, in times that follow one another; the last one has no end. */
export function* ownUse(bar: ProcessBar, use: ProcessUse): Generator<OwnUse> {
  const own = bar.use ?? [];
  const startOf = (place: number) => (place > 0 ? use.timesMs[place - 1]! : use.fromMs);
  for (let i = 0; i < own.length; i += EACH) {
    const next = own[i + EACH];
    const toMs = next === undefined ? use.timesMs.at(-1)! : startOf(next);
    yield { fromMs: startOf(own[i]!), toMs, milliCores: own[i + 1]!, kib: own[i + 2]! };
  }
}

/** Returns the place of the time that has this moment; -1: samples say nothing of it. */
export function placeAt({ fromMs, timesMs }: ProcessUse, atMs: number): number {
  return atMs < fromMs ? -1 : timesMs.findIndex((end) => end >= atMs);
}

/** What a process used at a moment, beside all of them; undefined: samples say nothing of that. */
export function thenText(bar: ProcessBar, use: ProcessUse | null, atMs: number, untilMs: number): string | undefined {
  if (!use || atMs < bar.startMs || atMs > (bar.endMs ?? untilMs)) return undefined;
  const place = placeAt(use, atMs);
  if (place < 0) return undefined;
  const then = ownUse(bar, use).find(({ fromMs, toMs }) => fromMs < atMs && atMs <= toMs);
  const [cores, bytes] = [
    `${quantity(use.milliCores[place]! / 1000, "cores")} cores`,
    quantity(use.kib[place]! * 1024, "bytes"),
  ];
  if (!then || (then.kib < 0 && then.milliCores === 0))
    return `${bar.use ? "not among the largest" : "no sample"}; all: ${cores}, ${bytes}`;
  const memory = then.kib < 0 ? "ended" : `${quantity(then.kib * 1024, "bytes")} of ${bytes}`;
  return `${quantity(then.milliCores / 1000, "cores")} of ${cores}, ${memory}`;
}

/** When a process used most CPU and held most memory, as pairs of a name and a value; none where samples say nothing. */
export function mostFacts(bar: ProcessBar, use: ProcessUse | null, originMs: number): [name: string, value: string][] {
  if (!use || !bar.use) return [];
  let [cpu, memory]: (OwnUse | undefined)[] = [];
  for (const one of ownUse(bar, use)) {
    if (one.milliCores > (cpu?.milliCores ?? 0)) cpu = one;
    if (one.kib > (memory?.kib ?? 0)) memory = one;
  }
  const at = ({ fromMs }: OwnUse) => elapsed((Math.max(fromMs, bar.startMs) - originMs) / 1000, 0.1);
  const facts: [string, string][] = [];
  if (cpu) facts.push(["most CPU", `${quantity(cpu.milliCores / 1000, "cores")} cores from ${at(cpu)}`]);
  if (memory) facts.push(["most memory", `${quantity(memory.kib * 1024, "bytes")} from ${at(memory)}`]);
  return facts;
}
