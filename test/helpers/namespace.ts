import { join } from "node:path";
import { runProgram } from "./statexec.ts";
import { commandOf, isMissing } from "./validators.ts";

const CONGEST = join(import.meta.dir, "../programs/congest.py");

/** The command that makes the kernel refuse or drop packets; test/programs/congest.py lists what `what` can be. */
export function congest(what: string, count: number): string[] {
  return ["/usr/bin/python3", CONGEST, what, String(count)];
}

let possible: boolean | undefined;

/** For `test.skipIf`: whether network namespaces cannot be made, which takes root. Writes it once to stderr. */
export function noNamespaces(): boolean {
  possible ??= !isMissing("ip") && Bun.spawnSync([...IN_NAMESPACE, "true"]).exitCode === 0;
  if (!possible) console.error("network namespaces cannot be made here: tests that need one are skipped");
  return !possible && process.env.CI !== "true";
}

const IN_NAMESPACE = ["unshare", "--net", "--"];

/** Runs a shell script in a new network namespace, with loopback up. Returns its stdout. */
export async function inNamespace(script: string): Promise<string> {
  const setUp = `set -e; ${commandOf("ip")[0]} link set lo up`;
  const { code, stdout, stderr } = await runProgram([...IN_NAMESPACE, "sh", "-c", `${setUp}; ${script}`]);
  if (code !== 0) throw new Error(`${script}: exit status ${code}\n${stderr}`);
  return stdout;
}
