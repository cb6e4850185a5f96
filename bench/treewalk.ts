import { CommandTree } from "../src/collect/command-tree.ts";
import { KernelProcesses } from "../src/proc/processes.ts";

/*
 * treewalk LOAD PROCESSES TICKS: accounts for a tree of so many processes that sleep, over and over, with every process
 * that the machine has beside them. Prints ns, ticks and processes of the tree. LOAD is test/programs/load.c, compiled.
 */

const WARM_UP_TICKS = 300;

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
run(WARM_UP_TICKS);
const start = Bun.nanoseconds();
run(Number(ticks));
console.log([Bun.nanoseconds() - start, ticks, tree.accounts.processes].join(" "));
await child.stdin.end();
await child.exited;
