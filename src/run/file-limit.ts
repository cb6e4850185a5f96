import { readText, SystemError } from "../os/files.ts";
import { fileLimit } from "../os/process.ts";

/** The programs that raise their own soft limit at their start, and so hide the one of their caller. */
const RAISERS = new Set(["bun", "bun.exe", "bunx", "statexec"]);

/** How far up the line of parents such programs are looked through. */
const MOST_GENERATIONS = 8;

/**
 * The soft limit of open files as it was before the runtime raised it to the hard one, ahead of our first line. The
 * caller still has it, so long as it did not set another just for us. Undefined: nothing was raised, or none can tell.
 */
export function originalSoftLimit(): bigint | undefined {
  const own = fileLimit();
  let pid = process.ppid;
  for (let generation = 0; pid > 0 && generation < MOST_GENERATIONS; generation++) {
    const [soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(fileOf(pid, "limits"))?.slice(1).map(BigInt) ?? [];
    if (soft === undefined || hard !== own.hard) return undefined;
    if (soft < own.soft) return soft;
    if (!RAISERS.has(fileOf(pid, "comm").trim())) return undefined;
    pid = Number(/^PPid:\s*(\d+)/m.exec(fileOf(pid, "status"))?.[1] ?? 0);
  }
  return undefined;
}

/** A file of another process; empty where it is gone, or hidden from us. */
function fileOf(pid: number, file: string): string {
  try {
    return readText(`/proc/${pid}/${file}`);
  } catch (error) {
    if (error instanceof SystemError) return "";
    throw error;
  }
}
