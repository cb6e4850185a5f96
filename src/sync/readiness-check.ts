import type { Readiness } from "../cli/option-values.ts";
import type { Clock } from "../clock.ts";
import { requestBounded } from "../net/bounded-request.ts";
import { readText, SystemError } from "../os/files.ts";
import { listensOn } from "../proc/net-sockets.ts";
import { bypassProxies } from "./outgoing-http.ts";

/** Between two polls. */
const POLL_MS = 25;

/** Longest time of one HTTP request. */
const REQUEST_MS = 2000;

/** Resolves once the command that was just started is ready. Never resolves after `isOver` has returned true. */
export async function whenReady(ready: Readiness, clock: Clock, isOver: () => boolean): Promise<void> {
  if (ready.kind === "delay") return sleep(clock, ready.seconds * 1000);
  while (!isOver()) {
    const isReady = ready.kind === "tcp" ? isListening(ready.port) : await answersOk(ready.url);
    if (isReady) return;
    await sleep(clock, POLL_MS);
  }
  await Promise.withResolvers<void>().promise;
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.at(clock.now() + ms, resolve));
}

/** Reads the kernel's table and does not connect: a command that serves one client would take that for its client. */
function isListening(port: number): boolean {
  return ["tcp", "tcp6"].some((file) => {
    try {
      return listensOn(readText(`/proc/net/${file}`), port, `net/${file}`);
    } catch (error) {
      // A kernel without IPv6 has no tcp6.
      if (error instanceof SystemError && error.code === "ENOENT") return false;
      throw error;
    }
  });
}

async function answersOk(url: string): Promise<boolean> {
  bypassProxies();
  try {
    const signal = AbortSignal.timeout(REQUEST_MS);
    const { status } = await requestBounded({ url, method: "GET", headers: {}, signal, mostBytes: 0 });
    return status >= 200 && status < 300;
  } catch (error) {
    // No answer yet, which is what the caller waits for to change.
    if (error instanceof Error) return false;
    throw error;
  }
}
