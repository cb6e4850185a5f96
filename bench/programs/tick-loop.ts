import { heapStats } from "bun:jsc";
import { SelfCollector } from "../../src/collect/machine/self.ts";
import { machineCollectors } from "../../src/collect/registry.ts";
import { OwnUsage } from "../../src/os/process.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { BASIC, tickByText } from "../lib/basic-sources.ts";
import { batchedNs } from "../lib/resource-usage.ts";

/*
 * The counterpart of floor/sources.c, compiled like the product. WAY is `collectors` (the four basic ones), `everything` (all
 * of them, and the recorder's own), or `text` (the four by `Bun.file().text()`). ROOT has the files to read instead of the
 * machine's.
 *
 *   tick-loop hot WAY TICKS [ROOT]     without pauses:                   prints its CPU time in ns, ticks, values a tick
 *   tick-loop paced WAY HZ SECONDS     at absolute deadlines:            prints its CPU time in ns, ticks, values a tick
 *   tick-loop idle HZ SECONDS          the same wake-ups, nothing read:  prints its CPU time in ns, ticks, 0
 *   tick-loop allocated WAY TICKS      by tick-heap, without GC:          prints bytes of heap, ticks, values a tick
 */

/** Takes one sample and returns the number of its values. */
type Tick = () => number | Promise<number>;

/** What all ticks took together, ns or bytes; their number; the values of each. */
type Result = readonly [taken: number, ticks: number, values: number];

/** Samples as the product does, by the basic collectors or by all. */
function tickByCollectors(all: boolean, root?: string): Tick {
  const proc = kernelFs(root);
  const collectors = all
    ? [...machineCollectors(proc), new SelfCollector(proc, new OwnUsage())]
    : machineCollectors(proc, BASIC);
  const subjects = collectors.map((collector) => {
    return { collector, slice: new Float64Array(collector.describe().length) };
  });
  const values = subjects.reduce((sum, { slice }) => sum + slice.length, 0);
  return () => {
    for (const { collector, slice } of subjects)
      if (!collector.sample(slice)) throw new Error(`${collector.name}: its series changed; run the benchmark again`);
    return values;
  };
}

function ticker(way: string | undefined, root?: string): Tick {
  if (way === "collectors") return tickByCollectors(false, root);
  if (way === "everything") return tickByCollectors(true, root);
  if (way === "text") return tickByText;
  throw new Error(`${way}: expected collectors, everything or text`);
}

/** Runs ticks without pauses. Only a promise is awaited: to await a number allocates, and costs a turn of the event loop. */
async function repeat(tick: Tick, ticks: number): Promise<number> {
  let values = 0;
  for (let i = 0; i < ticks; i++) {
    const taken = tick();
    values = typeof taken === "number" ? taken : await taken;
  }
  return values;
}

/**
 * Long enough for the JIT compiler's last version of the code, which takes tens of thousands of ticks: the product's flags
 * make it slow to compile.
 */
const WARM_UP_MS = 2000;
const WARM_UP_TICKS = 1000;

async function warmUp(tick: Tick): Promise<void> {
  const until = performance.now() + WARM_UP_MS;
  while (performance.now() < until) await repeat(tick, WARM_UP_TICKS);
}

async function hot(tick: Tick, ticks: number): Promise<Result> {
  await warmUp(tick);
  let values = 0;
  const run = async (count: number) => {
    values = await repeat(tick, count);
  };
  return [await batchedNs(ticks, run), ticks, values];
}

/** Without garbage collection the heap grows, block by block, by what the ticks allocate. */
async function allocated(tick: Tick, ticks: number): Promise<Result> {
  await warmUp(tick);
  const before = heapStats().heapCapacity;
  const values = await repeat(tick, ticks);
  return [heapStats().heapCapacity - before, ticks, values];
}

/** As the floor does: one tick comes before the CPU time starts to count. */
async function paced(tick: Tick, hz: number, seconds: number): Promise<Result> {
  let values = await tick();
  const ticks = Math.floor(hz * seconds);
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let i = 1; i <= ticks; i++) {
    const due = start + (i * 1000) / hz;
    await Bun.sleep(Math.max(0, Math.ceil(due - performance.now())));
    values = await tick();
  }
  const { user, system } = process.cpuUsage(cpu);
  return [(user + system) * 1000, ticks, values];
}

async function run([mode, ...operands]: readonly string[]): Promise<Result> {
  const way = operands[0];
  const [first, second] = operands.slice(mode === "idle" ? 0 : 1).map(Number);
  if (first === undefined) throw new Error(`${mode}: expected hot, paced, idle or allocated, and their operands`);
  if (mode === "hot") return hot(ticker(way, operands[2]), first);
  if (mode === "allocated") return allocated(ticker(way), first);
  if (second === undefined) throw new Error(`${mode}: expected HZ and SECONDS`);
  return paced(mode === "idle" ? () => 0 : ticker(way), first, second);
}

console.log((await run(process.argv.slice(2))).join(" "));
