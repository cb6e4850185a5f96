import { describe, expect, test } from "bun:test";
import { sampleName } from "../../../src/catalog/index.ts";
import { type CounterSource, HardwareCounters } from "../../../src/collect/perf/hardware-counters.ts";
import { type OpenEvent, openHardwareCounters } from "../../../src/os/perf-counters.ts";

type State = readonly [counted: number, enabledNs: number, runningNs: number];

/** A counter that shows what a test says, once it is read. */
class MadeCounter implements CounterSource {
  counted = 0;
  enabledNs = 0;
  runningNs = 0;
  next: State = [0, 0, 0];

  read(): void {
    [this.counted, this.enabledNs, this.runningNs] = this.next;
  }
}

/** Counters with these events, whose next states are then set by name. */
function made(
  names: readonly ("instructions" | "cycles" | "cache_misses" | "branch_misses")[],
  { isWhole }: { isWhole: boolean | undefined } = { isWhole: true },
) {
  const sources = new Map(names.map((name) => [name, new MadeCounter()]));
  const collector = new HardwareCounters({ sources: () => sources, hasAllProcesses: () => isWhole });
  const set = (states: Partial<Record<(typeof names)[number], State>>) => {
    for (const [name, state] of Object.entries(states)) sources.get(name as (typeof names)[number])!.next = state;
  };
  return { collector, set };
}

/** Takes a sample as a sampler does. Returns the values that are there, by series. */
function sampled(collector: HardwareCounters): Record<string, number> {
  let row = new Float64Array(collector.describe().length);
  if (!collector.sample(row)) {
    row = new Float64Array(collector.describe().length);
    expect(collector.sample(row)).toBe(true);
  }
  const pairs = collector
    .describe()
    .map(({ metric, labels }, i) => [[sampleName(metric), ...labels].join(" "), row[i]!]);
  return Object.fromEntries(pairs.filter(([, value]) => !Number.isNaN(value)));
}

const EXACT: State = [5e9, 2000, 2000];

describe("hardware counters", () => {
  test("are absent until the command has executed something, then what was counted", () => {
    const { collector, set } = made(["instructions", "cycles", "cache_misses", "branch_misses"]);
    expect(sampled(collector)).toEqual({});
    set({
      instructions: EXACT,
      cycles: [3e9, 2000, 2000],
      cache_misses: [0, 2000, 2000],
      branch_misses: [7, 2000, 2000],
    });
    // A program may have no misses: that is 0.
    expect(sampled(collector)).toEqual({
      ...{ statexec_command_instructions_total: 5e9, statexec_command_cycles_total: 3e9 },
      ...{ statexec_command_cache_misses_total: 0, statexec_command_branch_misses_total: 7 },
    });
  });

  test("say at the end that they are all, or a lower bound", () => {
    for (const [isWhole, source] of [
      [true, "perf"],
      [false, "perf_lower_bound"],
      [undefined, "perf_unwatched"],
    ] as const) {
      const { collector, set } = made(["instructions"], { isWhole });
      set({ instructions: EXACT });
      collector.commandEnded();
      expect(sampled(collector)).toEqual({
        ...{ statexec_command_instructions_total: 5e9, [`statexec_accounting_info instructions ${source}`]: 1 },
      });
    }
  });

  test("that had to share a place are a lower bound, with an estimate that is named one", () => {
    const { collector, set } = made(["instructions", "cycles"]);
    set({ instructions: [1000, 4000, 1000], cycles: [300, 4000, 4000] });
    expect(sampled(collector)).toEqual({
      statexec_command_instructions_total: 1000,
      statexec_command_cycles_total: 300,
    });
    collector.commandEnded();
    expect(sampled(collector)).toEqual({
      ...{ statexec_command_instructions_total: 1000, statexec_command_cycles_total: 300 },
      "statexec_accounting_info instructions perf_lower_bound": 1,
      "statexec_command_counter_estimate instructions": 4000,
      "statexec_accounting_info cycles perf": 1,
    });
  });

  test("that never had a place are absent, and others stay", () => {
    const { collector, set } = made(["instructions", "branch_misses"]);
    set({ instructions: EXACT, branch_misses: [0, 2000, 0] });
    collector.commandEnded();
    expect(sampled(collector)).toEqual({
      ...{ statexec_command_instructions_total: 5e9, "statexec_accounting_info instructions perf": 1 },
    });
  });

  test("of a host that gives its guests some which count nothing are absent, all of them", () => {
    const { collector, set } = made(["instructions", "cycles", "cache_misses"]);
    set({ instructions: [0, 2000, 2000], cycles: [0, 2000, 2000], cache_misses: [12, 2000, 2000] });
    collector.commandEnded();
    expect(sampled(collector)).toEqual({});
    const other = made(["cycles", "branch_misses"]);
    other.set({ cycles: [0, 2000, 2000], branch_misses: [0, 2000, 2000] });
    expect(sampled(other.collector)).toEqual({});
  });

  test("that are not there leave a fact that says why", () => {
    const collector = new HardwareCounters({ sources: () => "this machine has none", hasAllProcesses: () => true });
    collector.commandEnded();
    expect(sampled(collector)).toEqual({});
    expect(collector.facts()).toEqual([["hardware_counters", "absent: this machine has none"]]);
  });
});

describe("opening them", () => {
  /** Answers each call by the event's number: with an errno, or a descriptor. */
  const answering = (answers: Readonly<Record<number, number>>) => {
    const asked: Uint32Array[] = [];
    const open: OpenEvent = (_, attribute) => {
      asked.push(attribute.slice());
      return answers[attribute[2]!] ?? -2;
    };
    return { opened: openHardwareCounters(open), asked };
  };

  test.each([
    [2, "this machine has no hardware counters"],
    [19, "this machine has no hardware counters"],
    [95, "this machine has no hardware counters"],
    [1, "refused (perf_event_paranoid is above 2, or a seccomp filter)"],
    [13, "refused (perf_event_paranoid is above 2, or a seccomp filter)"],
    [24, "no descriptors are left for them (EMFILE)"],
    [38, "this kernel has no perf events"],
    [7, "refused (errno 7)"],
  ])("with errno %d says why there are none", (errno, why) => {
    expect(answering({ 0: -errno, 1: -errno, 3: -errno, 5: -errno }).opened).toBe(why);
  });

  test("takes those that the machine has", () => {
    const { opened } = answering({ 0: 1000, 1: 1001, 3: -2, 5: -2 });
    expect([...(opened as ReadonlyMap<string, unknown>).keys()]).toEqual(["cycles", "instructions"]);
  });

  test("asks for user mode, of what is started and executes, with both times", () => {
    for (const words of answering({}).asked) {
      expect([words[0], words[1], words[8]]).toEqual([0, 112, 3]);
      // disabled, inherit, exclude_kernel, exclude_hv, enable_on_exec; not what statexec itself does.
      expect(words[10]!.toString(2)).toBe("1000001100011");
    }
  });
});
