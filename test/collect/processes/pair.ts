import { PageModel } from "../../helpers/page-model.ts";
import { setUp } from "./collected.ts";

export const PAGE = 4096;
/** Pages of a program of the page model when it begins. */
export const BEGUN = 5;

/** Makes a command of two processes. The second has executed a program, or is a copy of the first. */
export function pair(second: "executed" | "copied") {
  const run = setUp();
  const pages = new PageModel(run.kernel);
  const root = run.start();
  pages.begin(root);
  const child = pages.fork(root);
  if (second === "executed") pages.execute(child);
  const walks = () => run.kernel.reads.filter((read) => read === `${child}/smaps_rollup`).length;
  const end = () => {
    for (const pid of [child, root]) pages.exit(pid);
    run.collector.commandEnded();
    return run.sample();
  };
  return { ...run, pages, root, child, walks, end };
}
