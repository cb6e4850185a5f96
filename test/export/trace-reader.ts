import * as Engine from "@paulirish/trace_engine";

/*
 * Reads a trace with the code of Chrome's Performance panel, which its authors publish as a package. It hands out slices by
 * thread; instants and counters, of which it shows only those of a page, are taken from the same events.
 */

interface Slice {
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

interface TraceEntry extends Slice {
  readonly ph: string;
  readonly pid: number;
}

export interface ReadTrace {
  /** Every process, in order of the file. */
  readonly tracks: readonly { readonly pid: number; readonly name: string; readonly slices: readonly Slice[] }[];
  readonly instants: readonly Pick<Slice, "name" | "ts">[];
  /** By the name of the process and of the counter, as Perfetto names its track: times and values. */
  readonly counters: Readonly<Record<string, (readonly [ts: number, value: number])[]>>;
}

// A class of browsers that the engine expects to be there.
Object.assign(globalThis, { DOMRect: class {} });

export async function readTrace(text: string): Promise<ReadTrace> {
  const { traceEvents } = JSON.parse(text) as { traceEvents: TraceEntry[] };
  const processor = Engine.Processor.TraceProcessor.createWithAllHandlers();
  await processor.parse(traceEvents as never, {} as never);
  const data = processor.data!;
  const nameOf = (pid: number) => String(data.Meta.processNames.get(pid as never)?.args.name ?? "");
  const threads = Engine.Handlers.Threads.threadsInTrace(data);
  const pids = [...new Set(traceEvents.map(({ pid }) => pid))];
  const tracks = pids.map((pid) => ({
    ...{ pid, name: nameOf(pid) },
    slices: threads
      .filter((thread) => thread.pid === pid)
      .flatMap(({ entries }) => entries.filter(({ ph }) => ph === "X") as unknown as TraceEntry[])
      .map(({ name, ts, dur, args = {} }) => ({ name, ts, dur, args })),
  }));
  const values = Map.groupBy(
    traceEvents.filter(({ ph }) => ph === "C"),
    ({ name, pid, args }) => `${nameOf(pid)}: ${name} ${Object.keys(args).join()}`,
  );
  const counters = Object.fromEntries(
    Array.from(values, ([name, all]) => [
      name,
      all.map(({ ts, args }) => [ts, Number(Object.values(args)[0])] as const),
    ]),
  );
  const instants = traceEvents.filter(({ ph }) => ph === "i").map(({ name, ts }) => ({ name, ts }));
  return { tracks, instants, counters };
}
