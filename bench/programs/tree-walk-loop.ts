import { CommandTree } from "../../src/collect/processes/command-tree.ts";
import { KernelProcesses } from "../../src/proc/processes.ts";
import { batchedNs } from "../lib/resource-usage.ts";

/*
 * tree-walk-loop LOAD PROCESSES TICKS: walks a process tree of PROCESSES sleeping processes TICKS times, among all others of
 * the machine. Prints CPU time in ns, ticks, and the processes of the tree. LOAD is test/programs/load.c, compiled.
 */

/** As many as the JIT compiler needs, which is fewer if each has more to do. */
const warmUpTicks = (processes: number) => Math.min(300, 100_000 / processes);

const [load = "", processes = "10", ticks = "1000"] = process.argv.slice(2);
const known = new KernelProcesses();
known.list();
const child = Bun.spawn([load, "tree", processes], { stdin: "pipe", stdout: "pipe" });
await child.stdout.getReader().read();
const helpers = {
  isHelper: () => false,
  userSeconds: 0,
  systemSeconds: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
};
const tree = new CommandTree(child.pid, known, { helpers });
const run = (count: number) => {
  for (let i = 0; i < count; i++) tree.accounts.update();
};
run(warmUpTicks(Number(processes)));
const ns = await batchedNs(Number(ticks), run);
console.log([ns, ticks, tree.accounts.processes].join(" "));
await child.stdin.end();
await child.exited;
