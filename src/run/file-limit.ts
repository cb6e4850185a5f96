import { readText, SystemError } from "../os/files.ts";
import { type FileLimit, fileLimit } from "../os/process.ts";
import { fieldOf } from "./process-status.ts";

/** The programs that raise their own soft limit at their start, and so hide the one of their caller. */
const RAISERS = new Set(["bun", "bun.exe", "bunx", "statexec"]);

const OPEN_FILES = "Max open files";

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
    const limit = openFilesOf(pid);
    if (limit === undefined || limit.hard !== own.hard) return undefined;
    if (limit.soft < own.soft) return limit.soft;
    if (!RAISERS.has(fileOf(pid, "comm"))) return undefined;
    pid = Number(fieldOf(fileOf(pid, "status"), "PPid") ?? 0);
  }
  return undefined;
}

/** `Max open files` of proc_pid_limits(5); undefined: hidden from us, or without a limit. */
function openFilesOf(pid: number): FileLimit | undefined {
  const limits = fileOf(pid, "limits");
  const start = limits.indexOf(OPEN_FILES);
  if (start < 0) return undefined;
  const line = limits.slice(start + OPEN_FILES.length, limits.indexOf("\n", start)).trim();
  const soft = line.slice(0, line.indexOf(" "));
  const behind = line.slice(soft.length).trimStart();
  const hard = behind.slice(0, behind.indexOf(" "));
  return soft !== "" && Number(soft) >= 0 && Number(hard) > 0 ? { soft: BigInt(soft), hard: BigInt(hard) } : undefined;
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
