import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { environment, type Lab } from "./lab.ts";
import type { Wrapper } from "./wrappers.ts";

/** A wrapper around a command that sleeps. */
export interface Idle {
  readonly wrapper: Wrapper;
  /** Names its files; no two that run at the same time have the same. */
  readonly tag: string;
  readonly seconds: number;
  readonly processes: number;
  /** What to look at while it runs, and so long after its start, in seconds. */
  readonly look?: { readonly after: number; readonly at: (pid: number) => void };
}

export interface Reaped {
  /** CPU time of the wrapper and its helpers, without the command's, in ns. */
  readonly ownNs: number;
  /** From the command's last act to when whoever started the wrapper has waited for it, in ns of wall time. */
  readonly lateNs: number;
}

/**
 * Runs a wrapper around `floor/idle.c` under `floor/reaped.c`. The kernel's account of the wrapper, by wait4, has in it
 * what it waited for: its helpers, which are its own cost, and the command, which says itself at its very end what it
 * used. That is exact to what an exit takes; /proc counts in hundredths of a second, which is too coarse for a floor.
 * A text says why the wrapper cannot be run here.
 */
export async function reaped(lab: Lab, { wrapper, tag, seconds, processes, look }: Idle): Promise<Reaped | string> {
  const told = join(lab.folder, `${tag}.told`);
  const command = [await lab.c("idle"), told, String(seconds), String(processes)];
  const words = await wrapper({ lab, tag, command });
  if (typeof words === "string") return words;
  const child = Bun.spawn([await lab.c("reaped"), ...words], {
    ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe", env: environment() },
  });
  const looked = look ? lookLater(child.stdout, look) : child.stdout.text();
  const [out, err, status] = await Promise.all([looked, child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`${words.join(" ")}: exit status ${status}\n${err.trim()}`);
  const [reapedAt, allNs] = numbers(out.trim().split("\n")[1]);
  const [endedAt, commandNs] = numbers(await readFile(told, "latin1"));
  await rm(told);
  return { ownNs: allNs - commandNs, lateNs: reapedAt - endedAt };
}

/** All of a stream, whose first line is the wrapper's pid: that is looked at in time. */
async function lookLater(out: ReadableStream<Uint8Array>, { after, at }: NonNullable<Idle["look"]>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of out) {
    if (text === "") setTimeout(() => at(Number.parseInt(text, 10)), after * 1000);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function numbers(line: string | undefined): readonly [number, number] {
  const [first, second] = (line ?? "").trim().split(" ").map(Number);
  if (first === undefined || second === undefined) throw new Error(`expected two numbers, got ${JSON.stringify(line)}`);
  return [first, second];
}
