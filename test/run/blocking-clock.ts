import { closeSync, readSync, writeSync } from "node:fs";
import { systemClock } from "../../src/clock.ts";
import { EventLoop } from "../../src/os/event-loop.ts";
import { openPipe } from "../../src/os/spawn.ts";

/*
 * The blocking clock in a process of its own, whose event loop has only what this starts. Prints what happens, a line each:
 * the name of a deadline or of something else that became ready. The word given says what is tried.
 */

const say = (text: string) => console.log(text);
const after = (ms: number, action: () => void) => systemClock.at(systemClock.now() + ms, action);

/** Keeps the event loop alive and is never due. */
const NEVER_MS = 3_600_000;

function block(
  longestMs = Number.POSITIVE_INFINITY,
  prepare: (loop: EventLoop) => void = () => undefined,
  onReady?: () => void,
): void {
  const loop = EventLoop.open();
  if (!loop) throw new Error("no event loop was found");
  prepare(loop);
  systemClock.block(loop, longestMs, onReady);
}

function sayLast(text: string): void {
  say(text);
  process.exit();
}

async function chain(name: string): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
  say(name);
}

const CASES: Readonly<Record<string, () => unknown>> = {
  "deadlines in order"() {
    after(600, () => say("third"));
    const cancel = after(300, () => say("cancelled"));
    after(10, () => {
      say("first");
      cancel();
      after(0, () => say("second"));
    });
    after(601, () => process.exit());
    block();
  },
  "a deadline with slack, together with the next one"() {
    const began = systemClock.now();
    const sayWhen = () => sayLast(systemClock.now() - began < 1000 ? "too soon" : "with it");
    // One that has passed before the thread blocks comes at once.
    systemClock.at(began + 300, sayWhen, 100_000);
    after(1000, () => say("the next one"));
    block();
  },
  "a deadline with slack, when that has passed"() {
    systemClock.at(systemClock.now() + 10, () => sayLast("alone"), 100);
    after(NEVER_MS, () => say("never"));
    block();
  },
  "promises before the next deadline"() {
    after(10, () => void chain("chain"));
    after(11, () => sayLast("next"));
    block();
  },
  "a child's end"() {
    after(NEVER_MS, () => say("never"));
    block();
    const child = Bun.spawn(["sleep", "0.05"]);
    void child.exited.then(() => sayLast("ended"));
  },
  "what is watched, and no more of it once it is closed"() {
    const [readEnd, writeEnd] = openPipe();
    const byte = new Uint8Array(1);
    let times = 0;
    const watched = () => {
      times++;
      say(`readable ${readSync(readEnd, byte)}`);
    };
    after(50, () => writeSync(writeEnd, byte));
    after(100, () => closeSync(writeEnd));
    after(200, () => sayLast(`${times} times`));
    block(undefined, (loop) => loop.watch([readEnd], watched));
  },
  "a signal"() {
    after(NEVER_MS, () => say("never"));
    process.on("SIGUSR2", () => sayLast("signal"));
    after(10, () => void Bun.spawn(["sh", "-c", `sleep 0.05; kill -USR2 ${process.pid}`]));
    block();
  },
  "what is ready is told, with all that follows, before an overdue timer has its turn"() {
    after(NEVER_MS, () => say("never"));
    after(10, () => void Bun.spawn(["sh", "-c", `sleep 0.05; kill -USR2 ${process.pid}`]));
    process.on("SIGUSR2", () => undefined);
    setTimeout(() => sayLast("timer"), 20);
    // The signal, and perhaps the end of what sends it.
    let times = 0;
    block(undefined, undefined, () => void (times++ === 0 && chain("told")));
  },
  async "a request"() {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("answer") });
    after(NEVER_MS, () => say("never"));
    const curl = Bun.spawn(["curl", "-s", server.url.href], { stdout: "pipe" });
    block();
    say(await new Response(curl.stdout).text());
    process.exit();
  },
  "timers of others wait, up to a bound"() {
    after(10, () => void setTimeout(() => sayLast("theirs"), 5));
    after(300, () => say("ours"));
    after(NEVER_MS, () => say("never"));
    block(400);
  },
  "timers again after it"() {
    after(600, () => sayLast("deadline"));
    block();
    setTimeout(() => say("timer"), 20);
    after(10, () => systemClock.unblock());
  },
  "an error in a callback"() {
    process.on("uncaughtException", (error) => say(error.message));
    after(10, () => {
      throw new Error("error");
    });
    after(20, () => sayLast("next"));
    block();
  },
};

await CASES[process.argv[2]!]!();
