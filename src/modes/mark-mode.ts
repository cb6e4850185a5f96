import { linkTarget, readText } from "../os/files.ts";
import { addMark, originOf } from "../os/mark-file.ts";
import { monotonicMs } from "../os/process.ts";

/** A process and when it began. */
interface Recorder {
  readonly pid: number;
  readonly startTicks: string;
}

/** Tells the recorder of this process tree that a phase begins now. False: nobody records it. Throws SystemError. */
export function mark(phase: string): boolean {
  const atMs = monotonicMs();
  const recorder = nearestRecorder();
  if (!recorder) return false;
  addMark(recorder.pid, `${recorder.startTicks} ${atMs.toFixed(3)} ${phase}`);
  return true;
}

/** Looks for a recorder among the ancestors of this process, the nearest first; undefined: there is none of this user. */
function nearestRecorder(): Recorder | undefined {
  let { parent: pid } = originOf("self");
  while (pid > 0) {
    const origin = existing(() => originOf(pid));
    if (!origin) return undefined;
    if (isRecorder(pid)) return { pid, startTicks: origin.startTicks };
    pid = origin.parent;
  }
  return undefined;
}

/** Whether a process is statexec: its binary, or the package that Bun runs. What belongs to another user is none. */
function isRecorder(pid: number): boolean {
  const program = (existing(() => linkTarget(`/proc/${pid}/exe`)) ?? "").replace(/ \(deleted\)$/, "");
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (program !== "" && (/^statexec\b/.test(name) || (isCompiled() && program === ownProgram()))) return true;
  if (!/^bun\b/.test(name)) return false;
  const words = (existing(() => readText(`/proc/${pid}/cmdline`)) ?? "").split("\0");
  return words.some((word) => {
    const script = word.replace("/bin/../", "/");
    return script === Bun.main || /(^|\/)statexec\/index\.ts$/.test(script);
  });
}

function isCompiled(): boolean {
  return Bun.main.startsWith("/$bunfs/");
}

function ownProgram(): string | undefined {
  return linkTarget("/proc/self/exe");
}

/** Returns what a file of /proc says; undefined: the process is gone, or another user's. */
function existing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      ["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(String(error.code))
    )
      return undefined;
    throw error;
  }
}
