import type { Helpers } from "../../../src/collect/processes/ended-processes.ts";
import { FileDamage } from "../../../src/collect/processes/file-damage.ts";
import { ProcessAccounts } from "../../../src/collect/processes/process-accounts.ts";
import { ProcessTree } from "../../helpers/process-tree.ts";

export const NOBODY: Helpers = {
  isHelper: () => false,
  userSeconds: 0,
  systemSeconds: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
};

/** Makes a command that has just started beside other processes, and its accounts. `now`: the time in ms. */
export function started(helpers = NOBODY, now = () => 0) {
  const kernel = new ProcessTree();
  const neighbour = kernel.fork(1, { pid: 700, name: "neighbour", userSeconds: 99 });
  kernel.list();
  const root = kernel.fork(kernel.self, { name: "sh" });
  const accounts = new ProcessAccounts(kernel, root, helpers, new FileDamage(), now);
  const update = (isCertain = false) => {
    kernel.reads.length = 0;
    accounts.update(isCertain);
    return accounts;
  };
  return { kernel, neighbour, root, accounts, update };
}

/** Returns all CPU time, to the microsecond. */
export const seconds = ({ userSeconds, systemSeconds }: ProcessAccounts) =>
  Math.round((userSeconds + systemSeconds) * 1e6) / 1e6;
export const pids = ({ tracker }: ProcessAccounts) => tracker.descendants.map(({ pid }) => pid);
