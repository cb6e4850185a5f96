import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/cli/config.ts";
import { machineCollectors } from "../../src/collect/registry.ts";
import { CommandError } from "../../src/errors.ts";
import { render } from "../../src/openmetrics/render.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { withSummary } from "../../src/recording/summary-series.ts";
import type { Child, Ending } from "../../src/run/child.ts";
import { Session } from "../../src/run/session.ts";
import { configFor } from "../helpers/config.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { type ProcTree, procTree } from "../helpers/proc-tree.ts";
import { RowStore } from "../helpers/row-store.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";

const GOLDEN = join(import.meta.dir, "../fixtures/golden/session.prom");

/** Facts that differ from machine to machine, and from release to release. */
const OWN_FACTS = /^statexec_run_info\{.*fact="(?:host|kernel|machine|runtime)".*\n|host_(?:name|kernel)=".*?",/gm;

/** Sets a machine with one CPU, one interface and two disks to what it is after so many busy seconds. */
function machineAfter(proc: ProcTree, seconds: number): void {
  const ticks = `${1000 + 60 * seconds} 0 ${500 + 20 * seconds} ${9000 + 15 * seconds} ${5 * seconds} 0 0 0 0 0`;
  const sent = 2000 + 125_000 * seconds;
  const sectors = 4096 + 2048 * seconds;
  proc
    .set("/proc/stat", `cpu  ${ticks}\ncpu0 ${ticks}\nintr 0\n`)
    .set(
      "/proc/meminfo",
      `MemTotal: 4000000 kB\nMemFree: ${2000000 - 1000 * seconds} kB\nMemAvailable: 3000000 kB\nBuffers: 1000 kB\nCached: 500000 kB\nSReclaimable: 100 kB\n`,
    )
    .set(
      "/proc/net/dev",
      `Inter-|   Receive |  Transmit\n face |bytes |bytes\n  eth0: 500 1 0 0 0 0 0 0 ${sent} 9 0 0 0 0 0 0\n`,
    )
    .set(
      "/proc/diskstats",
      `8 0 sda 9 0 ${sectors} 0 9 0 ${2 * sectors} 0 0 0 0\n8 1 sda1 9 0 ${sectors} 0 9 0 ${2 * sectors} 0 0 0 0\n`,
    )
    .folder("/sys/block/sda/slaves")
    .folder("/sys/class/net/eth0");
}

/** The run that the golden file is of. */
const WORDS = "--metrics-start-time 1704067200000 --label env=ci --quiet --file run.prom make -j8".split(" ");

/** A session on a scripted machine, with a command that ends by `end`. */
function scripted(parts: Partial<Config> = {}, start?: () => Child, hasEnded = () => false) {
  const clock = new FakeClock();
  const proc = procTree();
  machineAfter(proc, 0);
  const { promise: ended, resolve: end } = Promise.withResolvers<Ending>();
  const received: number[] = [];
  let started = 0;
  const child: Child = { pid: 4711, ended, signal: (signal) => received.push(signal) };
  const signals = {
    attach: () => undefined,
    detach: () => undefined,
    onIdle: undefined as ((signal: number) => void) | undefined,
    /** What the kernel tells when it is asked. */
    deliver: () => {
      if (hasEnded()) end({ kind: "exited", code: 3 });
    },
  };
  const errors: unknown[] = [];
  const session = new Session({
    config: { ...configFor([...WORDS, "all targets"]), ...parts },
    collectors: () => machineCollectors(proc),
    clock,
    store: ({ identity, startMs }) => new RowStore(identity, startMs),
    version: "1.2.3",
    signals,
    hasEnded,
    report: (error) => errors.push(error),
    start:
      start ??
      (() => {
        started++;
        return child;
      }),
  });
  /** Lets seconds pass one by one, for the machine too. */
  const pass = async (from: number, to: number) => {
    for (let second = from; second < to; second++) {
      machineAfter(proc, second + 1);
      await clock.pass(1000);
    }
  };
  return { clock, session, signals, end, pass, errors, started: () => started };
}

function rendered(recording: Recording): string {
  const chunks: string[] = [];
  render(withSummary(recording), (bytes) => chunks.push(new TextDecoder().decode(bytes)));
  return chunks.join("");
}

function status(recording: Recording): [sinceStartMs: number, status: number][] {
  for (const { metric, blocks } of recording.series())
    if (metric.name === "command_status")
      return [...blocks()].flatMap(({ length, times, values }) =>
        Array.from({ length }, (_, i): [number, number] => [times[i]! - recording.startMs, values[i]!]),
      );
  return [];
}

test("a whole run, byte for byte (UPDATE_GOLDEN=1 rewrites it)", async () => {
  const { session, pass, end, errors } = scripted({ delayBeforeSeconds: 2, delayAfterSeconds: 1 });
  const run = session.run();
  await pass(0, 5);
  end({ kind: "exited", code: 2 });
  await pass(5, 6);
  const { recording, ending } = await run;
  expect(ending).toEqual({ kind: "exited", code: 2 });
  expect(errors).toEqual([]);
  const text = rendered(recording).replace(OWN_FACTS, "");
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(GOLDEN, text);
  expect(existsSync(GOLDEN)).toBe(true);
  expect(text).toBe(readFileSync(GOLDEN, "utf8"));
  if (!areValidatorsMissing()) await expectValid(GOLDEN);
});

describe("samples", () => {
  test.each([
    [
      "without delays are at the command's start and end, and at each interval between",
      {},
      2345,
      "0:1 1000:1 2000:1 2345:2",
    ],
    [
      "with delays are at the start and the end of the run too",
      { delayBeforeSeconds: 1.5, delayAfterSeconds: 0.5 },
      2250,
      "0:0 1000:0 1500:1 2000:1 2250:2 2750:2",
    ],
    ["of a command that ends at a tick have different stamps", {}, 1000, "0:1 1000:1 1001:2"],
  ])("%s", async (_, delays, endMs, expected) => {
    const { session, clock, end } = scripted(delays);
    const run = session.run();
    await clock.pass(endMs);
    end({ kind: "exited", code: 0 });
    await clock.pass(1000);
    const samples = status((await run).recording);
    expect(samples.map((sample) => sample.join(":")).join(" ")).toBe(expected);
  });
});

test("a command that has ended when the first sample is complete ends the run without a turn of the event loop", async () => {
  const { session, end } = scripted({}, undefined, () => true);
  const run = session.run();
  setImmediate(() => end({ kind: "exited", code: 4 }));
  expect((await run).ending).toEqual({ kind: "exited", code: 3 });
});

describe("a signal", () => {
  test("before the command has started ends the run without starting it", async () => {
    const { session, signals, clock, started } = scripted({ delayBeforeSeconds: 60 });
    const run = session.run();
    await clock.pass(1500);
    signals.onIdle?.(15);
    const { recording, ending } = await run;
    expect(ending).toEqual({ kind: "signaled", signal: 15 });
    expect(started()).toBe(0);
    expect(status(recording)).toEqual([
      [0, 0],
      [1000, 0],
      [1500, 0],
    ]);
    expect(recording.events.map(({ text }) => text)).toEqual(["Stopped by SIGTERM before the command was started"]);
  });

  test("after its end cuts the delay short, and the status is still the command's", async () => {
    const { session, signals, clock, end } = scripted({ delayAfterSeconds: 60 });
    const run = session.run();
    await clock.pass(1000);
    end({ kind: "exited", code: 7 });
    await clock.pass(500);
    signals.onIdle?.(2);
    const { recording, ending } = await run;
    expect(ending).toEqual({ kind: "exited", code: 7 });
    expect(status(recording).at(-1)).toEqual([1500, 2]);
  });
});

describe("what goes wrong", () => {
  test("a command that cannot be started ends the session, and no timer is left", async () => {
    const { session, clock } = scripted({}, () => {
      throw new CommandError("make: cannot be executed (ELOOP)", "not executable");
    });
    expect(session.run()).rejects.toThrow("make: cannot be executed (ELOOP)");
    await clock.pass(10_000);
  });

  test("an end whose status cannot be read is reported, and is no success", async () => {
    const { session, errors } = scripted({}, () => ({
      pid: 1,
      ended: Promise.reject(new Error("ECHILD")),
      signal: () => undefined,
    }));
    const { ending, recording } = await session.run();
    expect(ending).toEqual({ kind: "unknown" });
    expect(errors).toEqual([new Error("ECHILD")]);
    expect(recording.events.at(-1)?.text).toBe("Command ended, its status could not be read");
  });
});
