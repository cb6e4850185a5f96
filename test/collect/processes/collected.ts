import { sampleName } from "../../../src/catalog/index.ts";
import type { TreeParts } from "../../../src/collect/processes/command-tree.ts";
import { ProcessCollector } from "../../../src/collect/processes/process-collector.ts";
import { ProcessTree } from "../../helpers/process-tree.ts";
import { NOBODY } from "./started-accounts.ts";

const NOTHING_REAPED = {
  update: () => undefined,
  readBytes: 0,
  writeBytes: 0,
  diskReadBytes: 0,
  diskWriteBytes: 0,
  cancelledBytes: 0,
};

/**
 * Makes a collector over the kernel model. A second passes with each sample, whose values are returned by series, and
 * `readMs` with each file that is read.
 */
export function setUp(more: Pick<TreeParts, "taskClock" | "group" | "groupPlaces"> = {}, readMs = 0) {
  const kernel = new ProcessTree();
  let nowMs = 0;
  const parts = {
    helpers: NOBODY,
    reap: (pid: number) => kernel.wait(pid),
    reaped: NOTHING_REAPED,
    now: () => nowMs + kernel.reads.length * readMs,
    cpuMs: () => nowMs,
    ...more,
  };
  const collector = new ProcessCollector(parts, kernel);
  const described = () => collector.describe().map(({ metric, labels }) => [sampleName(metric), ...labels].join(" "));
  let keys = described();
  const fill = () => {
    const row = new Float64Array(keys.length).fill(-1);
    return collector.sample(row) ? row : undefined;
  };
  /** Samples like the sampler: describes again when the set has changed. Names are without prefix; absent values left out. */
  const sample = (): Record<string, number> => {
    nowMs += 1000;
    let row = fill();
    if (!row) {
      keys = described();
      row = fill();
    }
    if (!row) throw new Error("the set of series has changed twice");
    const entries = keys.map((key, i) => [key.replace("statexec_", "").replace("command_", ""), row[i]!] as const);
    return Object.fromEntries(entries.filter(([, value]) => !Number.isNaN(value)));
  };
  const start = (has = {}) => {
    kernel.list();
    const root = kernel.fork(kernel.self, has);
    collector.commandStarted(root, () => nowMs);
    return root;
  };
  return { kernel, collector, sample, start, fill };
}
