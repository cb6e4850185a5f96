import { describe, expect, test } from "bun:test";
import type { Ending } from "../../src/run/child.ts";
import { INPUTS, type Input, STATES, type StateName, SyncStateMachine } from "../../src/sync/sync-state-machine.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const NAMES = Object.keys(STATES) as StateName[];

/** The inputs that lead to each state by the shortest way. */
function waysTo(): Map<StateName, Input[]> {
  const ways = new Map<StateName, Input[]>([["waiting", []]]);
  for (const [state, way] of ways)
    for (const [input, next] of Object.entries(STATES[state].on) as [Input, StateName][])
      if (!ways.has(next)) ways.set(next, [...way, input]);
  return ways;
}

/** A state machine after these inputs, given as a session gives them, and what it did. */
function machineAfter(way: readonly Input[], stopTimeoutSeconds = 30) {
  const clock = new FakeClock();
  const machine = new SyncStateMachine(clock, stopTimeoutSeconds);
  const events: string[] = [];
  const signals: number[] = [];
  let cancelled = 0;
  const run = {
    trueStartMs: clock.wall(),
    fact: () => undefined,
    event: (event: string) => events.push(event),
    cancel: () => cancelled++,
  };
  const give = (input: Input) => {
    if (input === "begun") machine.begin(run);
    else if (input === "started") machine.commandStarted({ signal: (signal) => signals.push(signal) });
    else if (input === "ended") machine.commandEnded();
    else machine.handle(input);
  };
  for (const input of way) give(input);
  return { clock, machine, events, signals, give, cancelled: () => cancelled };
}

describe("the table of states", () => {
  test("leads to every state", () => {
    expect([...waysTo().keys()].sort()).toEqual([...NAMES].sort());
  });

  test("has two final states", () => {
    const last = NAMES.filter((name) => Object.keys(STATES[name].on).length === 0);
    expect(last).toEqual(["cancelled", "stopped"]);
  });

  test("refuses clients after the start, and stops before it", () => {
    for (const name of NAMES) {
      expect(STATES[name].start).toBe(name === "waiting" ? 201 : 409);
      const over = ["finished", "cancelled", "stopped"].includes(name);
      expect(STATES[name].stop).toBe(over ? 204 : name === "waiting" ? 412 : 202);
    }
  });

  const pairs = NAMES.flatMap((name) => INPUTS.map((input) => [name, input] as const));
  test.each(pairs)("in %s, %s leads where the table says, as an event of that name, or nowhere", (name, input) => {
    const { machine, events, give } = machineAfter(waysTo().get(name)!);
    expect(machine.state).toBe(name);
    const before = events.length;
    const next = STATES[name].on[input];
    if (input === "begun" && next === undefined) return;
    give(input);
    expect(machine.state).toBe(next ?? name);
    if (!machine.hasBegun) return;
    if (input !== "begun") expect(events.slice(before)).toEqual(next === undefined ? [] : [`sync_${next}`]);
    else expect(events).toEqual(["sync_waiting", "sync_armed", "sync_recording"]);
  });
});

describe("a stop", () => {
  const RUNNING: Input[] = ["agreed", "begun", "started", "ready"];

  test("cancels a command that is not started yet", () => {
    const { cancelled, signals } = machineAfter(["agreed", "begun", "stop"]);
    expect(cancelled()).toBe(1);
    expect(signals).toEqual([]);
  });

  test("cancels it too where the recording has not begun yet", () => {
    const { cancelled, events } = machineAfter(["agreed", "stop", "begun"]);
    expect(cancelled()).toBe(1);
    expect(events).toEqual(["sync_waiting", "sync_armed", "sync_cancelled"]);
  });

  test("is SIGINT, once, then SIGTERM, then SIGKILL", async () => {
    const { clock, signals, give, events, machine } = machineAfter(RUNNING);
    give("stop");
    give("stop");
    expect(signals).toEqual([2]);
    await clock.pass(29_999);
    expect(signals).toEqual([2]);
    await clock.pass(1);
    expect(signals).toEqual([2, 15]);
    await clock.pass(10_000);
    expect(signals).toEqual([2, 15, 9]);
    expect(events.slice(-2)).toEqual(["stop_signal", "stop_signal"]);
    give("ended");
    expect(machine.reportedEnding({ kind: "signaled", signal: 9 })).toEqual({ kind: "exited", code: 137 });
    await clock.pass(100_000);
    expect(signals).toEqual([2, 15, 9]);
  });

  test("is only SIGINT with a timeout of 0, and sends nothing after the command has ended", async () => {
    const patient = machineAfter([...RUNNING, "stop"], 0);
    await patient.clock.pass(1_000_000);
    expect(patient.signals).toEqual([2]);
    const quick = machineAfter([...RUNNING, "stop", "ended"]);
    await quick.clock.pass(1_000_000);
    expect(quick.signals).toEqual([2]);
  });

  const exited = (code: number): Ending => ({ kind: "exited", code });
  const signaled = (signal: number): Ending => ({ kind: "signaled", signal });
  const ENDINGS: readonly (readonly [ending: Ending, reported: Ending])[] = [
    [exited(0), exited(0)],
    [exited(1), exited(0)],
    [signaled(2), exited(0)],
    [signaled(15), exited(0)],
    [signaled(11), signaled(11)],
    [signaled(9), signaled(9)],
    [{ kind: "unknown" }, { kind: "unknown" }],
  ];
  test.each(ENDINGS)("by a peer reports %j as %j", (ending, seen) => {
    expect(machineAfter([...RUNNING, "stop", "ended"]).machine.reportedEnding(ending)).toEqual(seen);
    for (const way of [
      [...RUNNING, "ended"],
      [...RUNNING, "ended", "stop"],
    ] as Input[][])
      expect(machineAfter(way).machine.reportedEnding(ending)).toEqual(ending);
  });

  test("after a loss reports the ending as it is", () => {
    const { machine, give } = machineAfter(RUNNING);
    machine.stopForLoss("gone");
    expect(machine.state).toBe("stopping");
    give("ended");
    expect(machine.reportedEnding({ kind: "exited", code: 1 })).toEqual({ kind: "exited", code: 1 });
    machine.stopForLoss("gone");
    expect(machine.state).toBe("stopped");
  });
});
