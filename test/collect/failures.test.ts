import { describe, expect, test } from "bun:test";
import { machineCollectors } from "../../src/collect/index.ts";
import { ForbiddenError } from "../../src/errors.ts";
import { procTree } from "../helpers/proc-tree.ts";
import { disks, labels, net, sampled, stat } from "./rows.ts";

describe("a source that fails", () => {
  const SOURCES = { cpu: "/proc/stat", memory: "/proc/meminfo", network: "/proc/net/dev", disk: "/proc/diskstats" };
  const GOOD = {
    "/proc/stat": stat({ 0: 1 }),
    "/proc/meminfo": "MemTotal: 8 kB\nMemFree: 4 kB\nBuffers: 0 kB\nCached: 2 kB\n",
    "/proc/net/dev": net({ lo: [1, 2] }),
    "/proc/diskstats": disks({ sda: [2, 4] }),
  };

  test.each(Object.entries(SOURCES))("%s, forbidden or malformed, fails alone and recovers", (name, path) => {
    const tree = procTree(GOOD);
    const collectors = machineCollectors(tree).map((collector) => ({ collector, keys: labels(collector) }));
    const failures = () =>
      collectors.flatMap(({ collector, keys }) => {
        try {
          return sampled(collector, keys) ? [] : [`${collector.name}: changed`];
        } catch (error) {
          return [`${collector.name}: ${(error as Error).name}`];
        }
      });
    tree.forbid(path);
    expect(failures()).toEqual([`${name}: ForbiddenError`]);
    tree.allow(path);
    expect(failures()).toEqual([]);
    tree.set(path, "what?");
    expect(failures()).toEqual([`${name}: ParseError`]);
    tree.set(path, GOOD[path as keyof typeof GOOD]);
    expect(failures()).toEqual([]);
  });

  test.each(Object.entries(SOURCES))("%s, forbidden from the start, is described when it is let", (name, path) => {
    const tree = procTree(GOOD).forbid(path);
    const collector = machineCollectors(tree).find((each) => each.name === name)!;
    const before = labels(collector);
    expect(() => sampled(collector, before)).toThrow(ForbiddenError);
    expect(() => sampled(collector, before)).toThrow(ForbiddenError);
    tree.allow(path);
    const after = sampled(collector, before) === undefined ? labels(collector) : before;
    expect(after).not.toEqual([]);
    expect(Object.keys(sampled(collector, after)!)).toEqual(after);
  });
});
