import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { type Caught, Counted } from "../helpers/counted.ts";
import { effort } from "../helpers/effort.ts";
import { catches, until } from "../helpers/processes.ts";
import { forms, program } from "../helpers/programs.ts";
import { BIN, tempFolder } from "../helpers/statexec.ts";

const { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 } = constants.signals;
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
    60_000,
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
        const caught = await deliver(counted, 1, () => process.kill(counted.pid, signal));
        expect(caught).toEqual([{ signal, code: FROM_KILL }]);
      }
    },
    60_000,
  );

  test("by its own clock", async () => {
    using folder = tempFolder();
    const counted = new Counted({ before: ["timeout", "-s", "USR1", "1", BIN, "-f", folder.file("run.prom")] });
    await counted.reaches(1);
    await Bun.sleep(PATIENCE_MS);
    expect(await counted.end()).toBe(124);
    expect(counted.caught).toEqual([{ signal: SIGUSR1, code: FROM_KILL }]);
  });
});

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
    60_000,
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
  }, 60_000);
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
    60_000,
  );
});

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
}, 60_000);
