import { expect } from "bun:test";
import { sampleName } from "../../src/catalog/index.ts";
import type { ContainerCollector } from "../../src/collect/cgroup/container.ts";

/** What one sample has, by series without the common beginning of their names. */
export function sampled(collector: ContainerCollector): Record<string, number> {
  const names = describedBy(collector);
  const row = new Float64Array(names.length).fill(-1);
  expect(collector.sample(row)).toBe(true);
  return Object.fromEntries(names.map((name, i) => [name, row[i]!]));
}

export function describedBy(collector: ContainerCollector): string[] {
  const short = (key: ReturnType<ContainerCollector["describe"]>[number]) =>
    [sampleName(key.metric).replace(/^statexec_container_/, ""), ...key.labels].join(" ");
  return collector.describe().map(short);
}
