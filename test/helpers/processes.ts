import { readFileSync } from "node:fs";

/** Returns the children of a process, zombies too, proc_pid_task_children(5). */
export function childrenOf(pid: number): number[] {
  return procText(pid, `task/${pid}/children`).trim().split(" ").filter(Boolean).map(Number);
}

/** Returns the descendants of a process, parents before their children. */
export function processesBelow(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...processesBelow(child)]);
}

/** Returns a file of a process as text; empty where the process is gone. */
export function procText(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
    throw error;
  }
}

/** Whether a process has a handler for a signal: SigCgt of proc_pid_status(5). */
export function catches(pid: number, signal: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)/m.exec(procText(pid, "status"))?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

/** Polls until a condition holds, for which there is no event. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(1);
}
