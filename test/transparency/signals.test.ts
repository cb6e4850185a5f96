import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { type Caught, Counted } from "../helpers/counted.ts";
import { effort } from "../helpers/effort.ts";
import { catches, childrenOf, procText, until } from "../helpers/processes.ts";
import { forms, program } from "../helpers/programs.ts";
import { BIN, tempFolder } from "../helpers/statexec.ts";

const { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD, SIGCONT, SIGURG, SIGWINCH } = constants.signals;
const SIGNALS = { INT: SIGINT, TERM: SIGTERM, HUP: SIGHUP, QUIT: SIGQUIT, USR1: SIGUSR1, USR2: SIGUSR2 };
const FROM_KILL = 0;
const FROM_KERNEL = 128;

/** timeout(1) sends a signal twice; a process that handles the first one quickly may see both, as the program does. */
const PATIENCE_MS = 25;

/** A way to send a signal: the words before statexec, and how to send it while that runs. */
interface Way {
  readonly before: (signal: string) => string[];
  readonly send: (pid: number, signal: number) => void;
}

const WAYS: Record<string, Way> = {
  "sent to the pid": { before: () => [], send: (pid, signal) => process.kill(pid, signal) },
  "sent to the group": { before: () => [program("launch"), "-g"], send: (pid, signal) => process.kill(-pid, signal) },
};

let busy: Bun.Subprocess[] = [];
beforeAll(() => {
  if (process.env.STATEXEC_TEST_LONG) busy = [1, 2].map(() => Bun.spawn(["sh", "-c", "while :; do :; done"]));
});
afterAll(() => {
  for (const loop of busy) loop.kill("SIGKILL");
});

/** Sends a signal repeatedly, each after the last was handled. Returns what the command got in all. */
async function deliver(
  counted: Counted,
  times: number,
  send: () => void,
  patienceMs = PATIENCE_MS,
): Promise<readonly Caught[]> {
  await counted.ready;
  for (let sent = 1; sent <= times; sent++) {
    send();
    await counted.reaches(sent);
    await Bun.sleep(patienceMs);
  }
  expect(await counted.end()).toBe(0);
  return counted.caught;
}

const times = effort(100);

describe.each(Object.keys(WAYS))("a signal %s reaches the command once", (way) => {
  const { before, send } = WAYS[way]!;
  test.each(Object.entries(SIGNALS))(
    "%s",
    async (name, signal) => {
      using folder = tempFolder();
      const file = folder.file("run.prom");
      const counted = new Counted({ before: [...before(name), BIN, "-f", file] });
      const caught = await deliver(counted, times, () => send(counted.pid, signal));
      expect(caught).toEqual(Array(times).fill({ signal, code: FROM_KILL }));
      expect(readFileSync(file, "utf8")).toEndWith("# EOF\n");
    },
    120_000,
  );
});

describe("a signal that timeout(1) sends, to the pid and to its group, reaches the command once", () => {
  test.each(Object.entries(SIGNALS))(
    "%s",
    async (name, signal) => {
      using folder = tempFolder();
      for (let run = 0; run < times; run++) {
        // timeout passes on a signal that it gets in the same way as its own one, but only once.
        const counted = new Counted({ before: ["timeout", "-s", name, "60", BIN, "-f", folder.file("run.prom")] });
        await counted.ready;
        process.kill(counted.pid, signal);
        // It sends CONT after each, likewise to both, so that a command that is stopped gets it.
        await counted.reaches(2);
        await Bun.sleep(PATIENCE_MS);
        expect(await counted.end()).toBe(0);
        expect(counted.caught).toEqual([signal, SIGCONT].map((signal) => ({ signal, code: FROM_KILL })));
      }
    },
    300_000,
  );

  test("by its own clock", async () => {
    using folder = tempFolder();
    const counted = new Counted({ before: ["timeout", "-s", "USR1", "1", BIN, "-f", folder.file("run.prom")] });
    await counted.reaches(2);
    await Bun.sleep(PATIENCE_MS);
    expect(await counted.end()).toBe(124);
    expect(counted.caught).toEqual([SIGUSR1, SIGCONT].map((signal) => ({ signal, code: FROM_KILL })));
  });
});

test.each(["HUP", "USR2"] as const)(
  "%s to the group stops no file from being written where we run only after the command's end",
  async (name) => {
    using folder = tempFolder();
    const file = folder.file("run.prom");
    for (let run = 0; run < effort(50); run++) {
      const counted = new Counted({ before: [program("launch"), "-g", BIN, "-f", file] });
      await counted.ready;
      const isZombie = (pid: number) => /-count-\) Z /.test(procText(pid, "stat"));
      process.kill(counted.pid, "SIGSTOP");
      process.kill(-counted.pid, SIGNALS[name]);
      await counted.reaches(1);
      const ended = counted.end();
      await until(() => childrenOf(counted.pid).some(isZombie));
      process.kill(counted.pid, "SIGCONT");
      expect(await ended).toBe(0);
      expect(readFileSync(file, "utf8")).toEndWith("# EOF\n");
    }
  },
  120_000,
);

describe("each key that is typed reaches the command once", () => {
  const KEYS = [
    ["Ctrl-C", "\x03", SIGINT],
    ["Ctrl-\\", "\x1c", SIGQUIT],
  ] as const;

  test.each(KEYS)(
    "%s",
    async (_, key, signal) => {
      using folder = tempFolder();
      const file = folder.file("run.prom");
      const counted = new Counted({ before: [BIN, "-q", "-f", file], terminal: true });
      const caught = await deliver(counted, times, () => counted.type(key));
      expect(caught).toEqual(Array(times).fill({ signal, code: FROM_KERNEL }));
      expect(readFileSync(file, "utf8")).toEndWith("# EOF\n");
      expect(counted.output).not.toContain("statexec");
    },
    120_000,
  );

  test("so does a signal to the pid in between", async () => {
    using folder = tempFolder();
    const counted = new Counted({ before: [BIN, "-f", folder.file("run.prom")], terminal: true });
    let typed = false;
    const send = () => {
      typed = !typed;
      if (typed) counted.type("\x03");
      else process.kill(counted.pid, SIGINT);
    };
    // Two equal signals within 20 ms, to the group and to the pid, count as one of timeout(1).
    const caught = await deliver(counted, effort(100), send, 100);
    expect(caught.map(({ code }) => code)).toEqual(
      Array.from({ length: effort(100) }, (_, i) => (i % 2 === 0 ? FROM_KERNEL : FROM_KILL)),
    );
  }, 120_000);
});

describe("different signals in quick succession reach the command once each", () => {
  const sorted = (caught: readonly Caught[]) => caught.map(({ signal }) => signal).sort((a, b) => a - b);

  test.each([
    ["to the pid", 1],
    ["to the group", -1],
  ])(
    "%s",
    async (_, target) => {
      using folder = tempFolder();
      const all = Object.values(SIGNALS);
      for (let run = 0; run < times; run++) {
        const counted = new Counted({ before: [program("launch"), "-g", BIN, "-f", folder.file("run.prom")] });
        await counted.ready;
        for (const signal of all) process.kill(target * counted.pid, signal);
        await counted.reaches(all.length);
        await Bun.sleep(PATIENCE_MS);
        expect(await counted.end()).toBe(0);
        expect(sorted(counted.caught)).toEqual(all.sort((a, b) => a - b));
      }
    },
    120_000,
  );
});

/** Every signal but KILL and STOP, which nothing can catch. */
const ALL = Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => signal !== 9 && signal !== 19);

/** Those that can be pending at one time: CONT and the signals that stop remove each other. */
const BURST = ALL.filter((signal) => signal !== SIGCONT);

/** A tenth of them, others in each run; the seed is printed, and STATEXEC_TEST_SEED takes it again. */
function someSignals(): readonly number[] {
  const seed = Number(process.env.STATEXEC_TEST_SEED ?? Date.now() % 100_000);
  console.log(`signals by the seed ${seed}`);
  return ALL.filter((signal) => Bun.hash.wyhash(`${signal}`, BigInt(seed)) % BigInt(effort(10) === 10 ? 1 : 10) === 0n);
}

const chosen = someSignals();
const sortedSignals = (caught: readonly Caught[]) => caught.map(({ signal }) => signal).sort((a, b) => a - b);

/** Sends by a process of its own: the runtime's kill knows fewer signals. */
function sendAll(target: number, signals: readonly number[]): void {
  const lines = `import os, sys\nfor s in sys.argv[2:]: os.kill(int(sys.argv[1]), int(s))`;
  const words = ["python3", "-c", lines, `${target}`, ...signals.map(String)];
  expect(Bun.spawnSync(words, { stderr: "inherit" }).exitCode).toBe(0);
}

describe("every signal that can be caught reaches the command once", () => {
  const before = (folder: { file(name: string): string }) => [
    program("launch"),
    "-g",
    BIN,
    "-f",
    folder.file("run.prom"),
  ];

  test.each([
    ["to the pid", 1],
    ["to the group", -1],
  ])(
    "sent %s, one after the other",
    async (_, target) => {
      using folder = tempFolder();
      const counted = new Counted({ before: before(folder) });
      await counted.ready;
      for (const [i, signal] of chosen.entries()) {
        sendAll(target * counted.pid, [signal]);
        await counted.reaches(i + 1);
      }
      await Bun.sleep(PATIENCE_MS);
      expect(await counted.end()).toBe(0);
      expect(counted.caught.map(({ signal }) => signal)).toEqual([...chosen]);
    },
    120_000,
  );

  test.each([
    ["to the pid", 1],
    ["to the group", -1],
  ])(
    "sent %s, all at once",
    async (_, target) => {
      using folder = tempFolder();
      const counted = new Counted({ before: before(folder) });
      await counted.ready;
      sendAll(target * counted.pid, BURST);
      await counted.reaches(BURST.length);
      await Bun.sleep(PATIENCE_MS);
      expect(await counted.end()).toBe(0);
      expect(sortedSignals(counted.caught)).toEqual(BURST);
    },
    120_000,
  );

  test("a burst of equal real-time signals to the pid reaches it as often as it was sent", async () => {
    using folder = tempFolder();
    const counted = new Counted({ before: before(folder) });
    await counted.ready;
    const burst = [...Array<number>(200).fill(40), ...Array<number>(100).fill(64)];
    sendAll(counted.pid, burst);
    await counted.reaches(burst.length);
    await Bun.sleep(PATIENCE_MS);
    expect(await counted.end()).toBe(0);
    expect(sortedSignals(counted.caught)).toEqual(burst);
  }, 120_000);
});

test("a signal that comes while the command starts ends statexec before it, or reaches the command once", async () => {
  using folder = tempFolder();
  for (let run = 0; run < times; run++) {
    const signal = ALL[(run * 7 + 13) % ALL.length]!;
    const counted = new Counted({ before: [program("launch"), "-g", BIN, "-f", folder.file("run.prom")] });
    await Bun.sleep(Math.random() * 60);
    sendAll(counted.pid, [signal]);
    const isStarted = await Promise.race([counted.ready.then(() => true), counted.child.exited.then(() => false)]);
    if (!isStarted) continue;
    // One that does nothing by default may have come before there was a command.
    if (![SIGCHLD, SIGCONT, SIGURG, SIGWINCH].includes(signal)) await counted.reaches(1);
    await Bun.sleep(PATIENCE_MS);
    expect(await counted.end()).toBe(0);
    expect(sortedSignals(counted.caught).filter((caught) => caught === signal).length).toBeLessThan(2);
  }
}, 300_000);

test.each(forms())("the $form passes signals on", async ({ path }) => {
  using folder = tempFolder();
  const counted = new Counted({ before: [path, "-f", folder.file("run.prom")] });
  const caught = await deliver(counted, 1, () => process.kill(counted.pid, SIGUSR1));
  expect(caught).toEqual([{ signal: SIGUSR1, code: FROM_KILL }]);
});

test("a signal that the caller ignored is passed on: the command may not ignore it", async () => {
  using folder = tempFolder();
  const before = [program("launch"), "-i", "1", "-i", "10", BIN, "-f", folder.file("run.prom")];
  const counted = new Counted({ before });
  await counted.ready;
  // The command inherits its ignored signals from us, so that we ignore them during its start only.
  await until(() => catches(counted.pid, SIGUSR1));
  const caught = await deliver(counted, 1, () => process.kill(counted.pid, SIGUSR1));
  expect(caught).toEqual([{ signal: SIGUSR1, code: FROM_KILL }]);
});

test("a signal through two nested runs reaches the command once", async () => {
  using folder = tempFolder();
  const before = [program("launch"), "-g", BIN, "-f", folder.file("outer.prom"), BIN, "-f", folder.file("inner.prom")];
  for (const target of [1, -1]) {
    const counted = new Counted({ before });
    const caught = await deliver(counted, effort(50), () => process.kill(target * counted.pid, SIGTERM));
    expect(caught).toEqual(Array(effort(50)).fill({ signal: SIGTERM, code: FROM_KILL }));
    for (const name of ["outer.prom", "inner.prom"])
      expect(readFileSync(folder.file(name), "utf8")).toContain('text="Command done with status 0"');
  }
}, 120_000);
