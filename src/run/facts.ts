import type { Config } from "../config/config.ts";
import type { Fact } from "../recording/recording.ts";

/** What is known of a run beside its series: no environment values, and no arguments where they are not wanted. */
export async function runFacts(config: Config, version: string, trueStartMs: number): Promise<Fact[]> {
  const [kernel, host] = await Promise.all([kernelText("osrelease"), kernelText("hostname")]);
  const [name = "", ...args] = config.command;
  const facts: (readonly [fact: string, value: string | undefined])[] = [
    ["version", version],
    ["runtime", `bun ${Bun.version}`],
    ["kernel", kernel],
    ["machine", process.arch],
    ["host", host],
    ["started_at", new Date(trueStartMs).toISOString()],
    ["interval_seconds", String(config.intervalSeconds)],
    ["command", name],
    ["arguments", config.recordArgs ? args.map(shellQuoted).join(" ") : undefined],
  ];
  return facts.filter((fact): fact is Fact => fact[1] !== undefined && fact[1] !== "");
}

/** A file of /proc/sys/kernel, proc_sys_kernel(5); undefined where it is not there or hidden from us. */
async function kernelText(name: string): Promise<string | undefined> {
  try {
    return (await Bun.file(`/proc/sys/kernel/${name}`).text()).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** A word as a POSIX shell takes it back. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
