import { join } from "node:path";
import { runProgram } from "./statexec.ts";
import { commandOf, isMissing } from "./validators.ts";

const CONGEST = join(import.meta.dir, "../programs/congest.py");

/** The words that make the kernel refuse or drop something: test/programs/congest.py, which says what there is. */
export function congest(what: string, count: number): string[] {
  return ["/usr/bin/python3", CONGEST, what, String(count)];
}

let possible: boolean | undefined;

/** Whether a network namespace of our own can be made, for which one must be root. Said once on stderr where not. */
export function noNamespaces(): boolean {
  possible ??= !isMissing("ip") && Bun.spawnSync([...IN_NAMESPACE, "true"]).exitCode === 0;
  if (!possible) console.error("network namespaces cannot be made here: tests that need one are skipped");
  return !possible && process.env.CI !== "true";
}

const IN_NAMESPACE = ["unshare", "--net", "--"];

/** Runs a shell script in a network namespace in which nothing has happened yet, its loopback up; its stdout. */
export async function inNamespace(script: string): Promise<string> {
  const setUp = `set -e; ${commandOf("ip")[0]} link set lo up`;
  const { code, stdout, stderr } = await runProgram([...IN_NAMESPACE, "sh", "-c", `${setUp}; ${script}`]);
  if (code !== 0) throw new Error(`${script}: exit status ${code}\n${stderr}`);
  return stdout;
}
