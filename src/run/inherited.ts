import { linkTarget, listFolder, readWhole, SystemError } from "../os/files.ts";
import { fileLimit } from "../os/process.ts";

/** What the caller set up for the command and the runtime has changed, or would not pass on, since the process began. */
export interface Inherited {
  /** Signals that the caller ignored, but PIPE and XFSZ: the runtime ignores these itself, which hides the caller's wish. */
  readonly ignoredSignals: ReadonlySet<number>;
  /** Open descriptors above 2. */
  readonly descriptors: readonly number[];
  /** The soft limit of open files, which the runtime raised; undefined: it is as it was, or cannot be known. */
  readonly softFileLimit: bigint | undefined;
}

const HIDDEN_SIGNALS = new Set([13, 25]);

/** Reads it. To be called before anything is opened and before any signal handler is set. */
export function readInherited(): Inherited {
  return {
    descriptors: openDescriptors(),
    ignoredSignals: ignoredSignals(statusText()),
    softFileLimit: originalSoftLimit(),
  };
}

function statusText(): string {
  return new TextDecoder("latin1").decode(readWhole("/proc/self/status"));
}

/** The SigIgn line of proc_pid_status(5) as numbers. */
export function ignoredSignals(status: string): Set<number> {
  const mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  const ignored = new Set<number>();
  if (mask === 0n) return ignored;
  for (let signal = 1; signal <= 64; signal++)
    if ((mask >> BigInt(signal - 1)) & 1n && !HIDDEN_SIGNALS.has(signal)) ignored.add(signal);
  return ignored;
}

/** Descriptors above 2 but the runtime's own, which are all anonymous inodes at this time. */
function openDescriptors(): number[] {
  const open: number[] = [];
  for (const name of listFolder("/proc/self/fd")) {
    const fd = Number(name);
    if (fd <= 2) continue;
    const target = linkTarget(`/proc/self/fd/${name}`);
    if (target !== undefined && !target.startsWith("anon_inode:")) open.push(fd);
  }
  return open;
}

/** The runtimes that raise their soft limit, and so hide the one of their caller. */
const RAISERS = new Set(["bun", "bunx", "statexec"]);

/**
 * The runtime raises the soft limit of open files to the hard one before our first line. The caller still has the
 * original, so long as it did not set another just for us.
 */
function originalSoftLimit(): bigint | undefined {
  const own = fileLimit();
  let pid = process.ppid;
  for (let generations = 0; pid > 0 && generations < 8; generations++) {
    const limits = readOf(pid, "limits");
    const [soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(limits)?.slice(1).map(BigInt) ?? [];
    if (soft === undefined || hard !== own.hard) return undefined;
    if (soft < own.soft) return soft;
    if (!RAISERS.has(readOf(pid, "comm").trim())) return undefined;
    pid = Number(/^PPid:\s*(\d+)/m.exec(readOf(pid, "status"))?.[1] ?? 0);
  }
  return undefined;
}

/** A file of another process; empty where it is gone, or hidden from us. */
function readOf(pid: number, file: string): string {
  try {
    return new TextDecoder("latin1").decode(readWhole(`/proc/${pid}/${file}`));
  } catch (error) {
    if (error instanceof SystemError) return "";
    throw error;
  }
}
