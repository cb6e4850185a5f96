import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { environment, type Lab, output } from "./lab.ts";
import type { Wrapper } from "./wrappers.ts";

/** A round or two warm up files and page tables; they are not counted. */
const WARM_UP_ROUNDS = 2;
const SEPARATOR = "---";

/** Times commands by `floor/stopwatch.c`: wall times in ns, by round, then in the commands' order. */
export async function stopwatch(
  lab: Lab,
  commands: readonly (readonly string[])[],
  rounds: number,
): Promise<number[][]> {
  const words = commands.flatMap((command) => [SEPARATOR, ...command]);
  const text = await output([await lab.floor("stopwatch"), String(rounds + WARM_UP_ROUNDS), ...words]);
  const lines = text.trim().split("\n").slice(WARM_UP_ROUNDS);
  return lines.map((line) => line.split(" ").map(Number));
}

/** A wrapper around a command that sleeps. */
export interface IdleRun {
  readonly wrapper: Wrapper;
  /** Names its files; runs at the same time need different tags. */
  readonly tag: string;
  readonly seconds: number;
  readonly processes: number;
  /** Inspects the wrapper while it runs, `after` seconds after its start. */
  readonly inspect?: { readonly after: number; readonly by: (pid: number) => void };
}

export interface IdleUsage {
  /** CPU time of the wrapper and its helpers, without the command's, in ns. */
  readonly ownNs: number;
  /** Wall time from the command's end until the wrapper has been waited for, in ns. */
  readonly lateNs: number;
}

/**
 * Runs a wrapper around `floor/idle.c`, under `floor/reaped.c`. What wait4 says of the wrapper includes the children that it
 * waited for: its helpers, which count as its own cost, and the command, which reports its own usage at its end and is
 * subtracted. That is exact but for the command's exit; /proc counts in hundredths of a second, which is too coarse here.
 * @returns a text that says why the wrapper cannot be run here, or the figures
 */
export async function idleRun(
  lab: Lab,
  { wrapper, tag, seconds, processes, inspect }: IdleRun,
): Promise<IdleUsage | string> {
  const report = join(lab.folder, `${tag}.usage`);
  const command = [await lab.floor("idle"), report, String(seconds), String(processes)];
  const words = await wrapper({ lab, tag, command });
  if (typeof words === "string") return words;
  const child = Bun.spawn([await lab.floor("reaped"), ...words], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: environment(),
  });
  const printed = inspect ? textWhileInspecting(child.stdout, inspect) : child.stdout.text();
  const [out, err, status] = await Promise.all([printed, child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`${words.join(" ")}: exit status ${status}\n${err.trim()}`);
  const [reapedAt, allNs] = pair(out.trim().split("\n")[1]);
  const [endedAt, commandNs] = pair(await readFile(report, "latin1"));
  await rm(report);
  return { ownNs: allNs - commandNs, lateNs: reapedAt - endedAt };
}

/** Reads a stream to its end; its first line is the pid of the wrapper, which is inspected meanwhile. */
async function textWhileInspecting(
  out: ReadableStream<Uint8Array>,
  { after, by }: NonNullable<IdleRun["inspect"]>,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of out) {
    if (text === "") setTimeout(() => by(Number.parseInt(text, 10)), after * 1000);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function pair(line: string | undefined): readonly [number, number] {
  const [first, second] = (line ?? "").trim().split(" ").map(Number);
  if (first === undefined || second === undefined) throw new Error(`expected two numbers, got ${JSON.stringify(line)}`);
  return [first, second];
}
