import { describe, expect, test } from "bun:test";
import { setUp } from "./collected.ts";

const INSIDE = "4:memory:/g\n0::/g\n";
const OUTSIDE = "4:memory:/\n0::/g\n";

/** A group whose figures stay as they are. */
const GROUP = {
  userSeconds: 0.25,
  systemSeconds: 0.25,
  anonymousBytes: 4 * 2 ** 20,
  fileBytes: 0,
  sharedBytes: 0,
  kernelBytes: 0,
  diskReadBytes: Number.NaN,
  diskWriteBytes: Number.NaN,
  refresh: () => undefined,
  sources: [
    ["cpu", "cgroup1"],
    ["memory", "cgroup1"],
    ["memory_peak", "cgroup1"],
  ] as const,
};

const PLACES = [
  { version: 1, controllers: ["memory"], path: "/g" },
  { version: 2, controllers: [], path: "/g" },
] as const;

function inGroup() {
  const { kernel, collector, sample, start } = setUp({ group: GROUP, groupPlaces: PLACES });
  const root = start({ cgroup: INSIDE });
  /** The series of the command's end. */
  const ended = () => {
    kernel.end(root);
    collector.commandEnded();
    return sample();
  };
  return { kernel, root, sample, ended };
}

/** By resource. */
function sourcesOf(series: Record<string, number>): Record<string, string> {
  const infos = Object.keys(series).filter((key) => key.startsWith("accounting_info "));
  return Object.fromEntries(infos.map((key) => key.split(" ").slice(1, 3)));
}

const OF_GROUP = { cpu: "cgroup1", memory: "cgroup1", memory_peak: "cgroup1" };

describe("the command's group", () => {
  test("is believed where all processes are in it", () => {
    const { kernel, root, sample, ended } = inGroup();
    sample();
    kernel.fork(root, { cgroup: "4:memory:/g/below\n0::/g\n" });
    sample();
    expect(sourcesOf(ended())).toMatchObject(OF_GROUP);
  });

  test("is a lower bound once a process has left it, and the larger CPU time is the command's", () => {
    const { kernel, root, sample, ended } = inGroup();
    sample();
    const child = kernel.fork(root, { cgroup: OUTSIDE });
    kernel.burn(child, 3, 1);
    expect(sample()).toMatchObject({ "cpu_seconds_total user": 3, "cpu_seconds_total system": 1 });
    kernel.end(child);
    const end = ended();
    expect(sourcesOf(end)).toMatchObject({
      cpu: expect.stringContaining("wait4"),
      memory: "cgroup1_lower_bound",
      memory_peak: "proc_sampled_lower_bound",
      group: "proc_lower_bound",
    });
    expect(end).toMatchObject({ "cpu_seconds_total user": 3, "cpu_seconds_total system": 1 });
  });

  test("that has counted more than its processes are known to have used keeps its figure, as a lower bound", () => {
    const { kernel, root, sample, ended } = inGroup();
    kernel.at(root).cgroup = OUTSIDE;
    expect(sample()).toMatchObject({ "cpu_seconds_total user": 0.25, "cpu_seconds_total system": 0.25 });
    expect(sourcesOf(ended())).toMatchObject({ cpu: "cgroup1_lower_bound", group: "proc_lower_bound" });
  });

  test("is not left by one that is only about to end", () => {
    const { kernel, root, sample, ended } = inGroup();
    const child = kernel.fork(root, { cgroup: OUTSIDE, exiting: true });
    sample();
    kernel.end(child);
    Object.assign(kernel.at(root), { cgroup: OUTSIDE, exiting: true });
    expect(sourcesOf(ended())).toMatchObject(OF_GROUP);
  });

  test("is seen to be left by any of many, some samples after it did so", () => {
    const { kernel, root, sample, ended } = inGroup();
    const children = Array.from({ length: 6 }, () => kernel.fork(root, { cgroup: INSIDE }));
    sample();
    kernel.at(children[3]!).cgroup = OUTSIDE;
    for (let i = 0; i < 7; i++) sample();
    kernel.end(children[3]!);
    sample();
    expect(sourcesOf(ended())).toMatchObject({ group: "proc_lower_bound" });
  });

  test("costs one file a sample when no process is new", () => {
    const { kernel, root, sample } = inGroup();
    for (let i = 0; i < 9; i++) kernel.fork(root, { cgroup: INSIDE });
    sample();
    kernel.reads.length = 0;
    sample();
    expect(kernel.reads.filter((read) => read.endsWith("/cgroup"))).toHaveLength(1);
  });

  test("is not judged by a text that is refused or damaged", () => {
    const { kernel, root, sample, ended } = inGroup();
    const child = kernel.fork(root, { cgroup: OUTSIDE });
    kernel.at(child).forbidden.add("cgroup");
    sample();
    expect(sourcesOf(ended())).toMatchObject(OF_GROUP);
  });
});

test("the counters of CPU time never fall when the processes' own take over from the group's", () => {
  const { kernel, root, sample } = inGroup();
  sample();
  kernel.at(root).cgroup = OUTSIDE;
  // More in all, but less in system mode than the group has.
  kernel.burn(root, 1, 0.1);
  const { "cpu_seconds_total user": user = 0, "cpu_seconds_total system": system } = sample();
  expect(system).toBeGreaterThanOrEqual(0.25);
  expect(user + system!).toBeCloseTo(1.1);
});
