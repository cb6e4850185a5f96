import type { Processes } from "../../proc/processes.ts";

/**
 * After so many milliseconds all processes are listed, whatever was forked: a process whose pid was set by clone3(2), as
 * that of a restored container is, leaves no trace in the last pid.
 */
const LIST_EVERY_MS = 10_000;

/** In a larger tree, to list all processes takes no longer than to ask each one for its children. */
const MOST_PARENTS = 16;

/** A process of the tree by its stat of now. */
interface Parent {
  readonly pid: number;
  readonly threads: number;
  readonly ended: boolean;
}

/** Knows when no process can be new, so that /proc need not be listed: that takes the kernel longer than most samples. */
export class ForkWatch {
  private newestPid = Number.NaN;
  /** No pid was given between the two looks before this one. */
  private wasQuiet = false;
  private listedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly processes: Processes,
    private readonly now: () => number,
  ) {}

  /** All processes are about to be listed. */
  listing(): void {
    this.listedAtMs = this.now();
  }

  /**
   * Whether no process was forked since the last look, and none before it that the list of that look could lack: a new
   * process has its pid a moment before it is listed. So two looks in turn have to find the same newest pid.
   */
  isQuiet(): boolean {
    const pid = this.processes.newestPid();
    const isSame = pid === this.newestPid;
    const isQuiet = isSame && this.wasQuiet;
    this.newestPid = pid;
    this.wasQuiet = isSame;
    return isQuiet;
  }

  get isListDue(): boolean {
    return this.now() - this.listedAtMs >= LIST_EVERY_MS;
  }

  /**
   * Whether each child of these, which are all of the tree, and of us is one of them or a helper. False also where it is not
   * known: the kernel does not say it, or a process has several threads, each with children of its own.
   */
  haveNoNewChild(all: readonly Parent[], isOurs: (pid: number) => boolean): boolean {
    if (all.length > MOST_PARENTS || !this.areChildrenOurs(this.processes.self, isOurs)) return false;
    for (let i = 0; i < all.length; i++) {
      const { pid, threads, ended } = all[i]!;
      if (ended) continue;
      if (threads !== 1 || !this.areChildrenOurs(pid, isOurs)) return false;
    }
    return true;
  }

  private areChildrenOurs(pid: number, isOurs: (pid: number) => boolean): boolean {
    const { processes } = this;
    const count = processes.listChildren(pid);
    if (count < 0) return false;
    for (let i = 0; i < count; i++) if (!isOurs(processes.children[i]!)) return false;
    return true;
  }
}
