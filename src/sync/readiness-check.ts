import type { Readiness } from "../cli/readiness.ts";
import type { Clock } from "../clock.ts";
import { readText, SystemError } from "../os/files.ts";
import { listensOn } from "../proc/net-tcp.ts";
import { avoidProxies } from "./proxies.ts";

/** How often a command that is not ready yet is looked at. */
const LOOK_EVERY_MS = 25;

/** How long an answer may take that says whether it is. */
const ANSWER_MS = 2000;

/** Resolves once the command that has just been started is ready; never after `given up`. */
export async function whenReady(ready: Readiness, clock: Clock, givenUp: () => boolean): Promise<void> {
  if (ready.kind === "delay") return sleep(clock, ready.seconds * 1000);
  while (!givenUp()) {
    const isReady = ready.kind === "tcp" ? isListening(ready.port) : await answers(ready.url);
    if (isReady) return;
    await sleep(clock, LOOK_EVERY_MS);
  }
  await Promise.withResolvers<void>().promise;
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.at(clock.now() + ms, resolve));
}

/** Looked up and not tried: a command that serves one client would take the trial for it. */
function isListening(port: number): boolean {
  return ["tcp", "tcp6"].some((file) => {
    try {
      return listensOn(readText(`/proc/net/${file}`), port, `net/${file}`);
    } catch (error) {
      // A kernel without IPv6.
      if (error instanceof SystemError && error.code === "ENOENT") return false;
      throw error;
    }
  });
}

async function answers(url: string): Promise<boolean> {
  avoidProxies();
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    // Nobody there yet, or in no state to answer: that is what is being waited for.
    if (error instanceof Error) return false;
    throw error;
  }
}
