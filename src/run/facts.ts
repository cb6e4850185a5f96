import type { Config } from "../cli/config.ts";
import { readText, SystemError } from "../os/files.ts";
import type { Fact } from "../recording/recording.ts";

/** What is known of a run beside its series: no environment values, and no arguments where they are not wanted. */
export function runFacts(config: Config, version: string, trueStartMs: number): Fact[] {
  const [name = "", ...args] = config.command;
  const facts: (readonly [fact: string, value: string | undefined])[] = [
    ["version", version],
    ["runtime", `bun ${Bun.version}`],
    ["kernel", kernelText("osrelease")],
    ["machine", process.arch],
    ["host", kernelText("hostname")],
    ["started_at", new Date(trueStartMs).toISOString()],
    ["interval_seconds", String(config.intervalSeconds)],
    ["command", name],
    ["arguments", config.noRecordArgs ? undefined : args.map(shellQuoted).join(" ")],
  ];
  return facts.filter((fact): fact is Fact => fact[1] !== undefined && fact[1] !== "");
}

/** A file of /proc/sys/kernel, proc_sys_kernel(5); undefined where it is not there or hidden from us. */
function kernelText(name: string): string | undefined {
  try {
    return readText(`/proc/sys/kernel/${name}`);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

/** A word as a POSIX shell takes it back. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
