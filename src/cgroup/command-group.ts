import { CommandGroupCollector } from "../collect/cgroup/command.ts";
import { GroupFigures } from "../collect/cgroup/figures.ts";
import { GroupFolders } from "../collect/cgroup/folders.ts";
import { ownSite, type ProcFs, siteAt } from "../collect/cgroup/site.ts";
import type { Collector } from "../collect/collector.ts";
import { ParseError } from "../errors.ts";
import { realPath, SystemError } from "../os/files.ts";
import { isInhabited } from "./folder.ts";
import { makeOwnGroup, noGroup, type OwnGroup, unusable } from "./own-group.ts";

/** Says something on stderr, before the command starts or after it has ended. */
type Warn = (message: string) => void;

/** The command's own control group and what measures it. */
export interface CommandGroup {
  readonly own: OwnGroup;
  readonly figures: GroupFigures;
  readonly collector: Collector;
  /** Removes it, and says what went wrong meanwhile. */
  end(): Promise<void>;
}

/** By `--cgroup`. Undefined: there is none, which is said. Throws UsageError where one was named that cannot be used. */
export function openCommandGroup(proc: ProcFs, wanted: string, warn: Warn): CommandGroup | undefined {
  const own = wanted === "auto" ? automaticGroup(proc) : namedGroup(proc, wanted);
  for (const notice of own.notices) warn(`--cgroup ${wanted}: ${notice}`);
  if (own.places.length === 0) return undefined;
  const figures = new GroupFigures(proc, new GroupFolders(own.places), "command");
  const lost = new Set<string>();
  own.onLost = (reason) => {
    figures.giveUp();
    lost.add(reason);
  };
  const end = async () => {
    try {
      await own.remove();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      lost.add(`it could not be removed: ${error.message}`);
    }
    if (lost.size > 0) warn(`--cgroup ${wanted}: the command's control group failed: ${[...lost].join("; ")}`);
  };
  return { own, figures, collector: new CommandGroupCollector(figures), end };
}

/** Where nothing can be understood of our own groups, that is the reason why there is none. */
function automaticGroup(proc: ProcFs): OwnGroup {
  try {
    return makeOwnGroup(ownSite(proc), undefined);
  } catch (error) {
    if (error instanceof ParseError || error instanceof SystemError) return noGroup(error.message);
    throw error;
  }
}

function namedGroup(proc: ProcFs, wanted: string): OwnGroup {
  try {
    const folder = realPath(wanted);
    const site = siteAt(proc, folder);
    if (site === undefined) throw unusable(wanted, "no control group");
    if (isInhabited(folder)) throw unusable(wanted, "there are processes in it");
    return makeOwnGroup(site, wanted);
  } catch (error) {
    if (error instanceof SystemError) throw unusable(wanted, error.reason);
    if (error instanceof ParseError) throw unusable(wanted, error.message);
    throw error;
  }
}
