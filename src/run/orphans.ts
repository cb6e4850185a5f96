import { listFolder, readWhole, SystemError } from "../os/files.ts";
import { reapChild } from "../os/spawn.ts";

/** How long after a zombie was first seen it is looked at again: the runtime has taken its own children by then. */
const SECOND_LOOK_MS = 20;

/** How often we look without being told to. */
const LOOK_EVERY_MS = 1000;

/**
 * What the first process of a container owes the others: it ends the zombies of those whose parent has gone. The
 * command's own is never touched, and the runtime takes those of its other children before we look a second time.
 */
export class OrphanReaper {
  #seen = new Set<number>();
  #command: number | undefined;
  #secondLook: Timer | undefined;

  /** `report`: told of what should not happen. */
  constructor(readonly report: (error: unknown) => void) {}

  /** Begins; `command`: the child that somebody else waits for. */
  start(command: number): void {
    this.#command = command;
    process.on("SIGCHLD", () => this.#look());
    setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    this.#look();
  }

  #look(): void {
    try {
      const zombies = zombiesOf(process.pid).filter((pid) => pid !== this.#command);
      for (const pid of zombies) if (this.#seen.has(pid)) reapChild(pid);
      this.#seen = new Set(zombies);
    } catch (error) {
      this.report(error);
    }
    if (this.#seen.size === 0 || this.#secondLook) return;
    this.#secondLook = setTimeout(() => {
      this.#secondLook = undefined;
      this.#look();
    }, SECOND_LOOK_MS);
  }
}

/** Processes that have ended and wait for their parent to hear of it. */
function zombiesOf(parent: number): number[] {
  const zombies: number[] = [];
  for (const name of listFolder("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === parent) continue;
    const [state, ppid] = stateOf(pid);
    if (state === "Z" && Number(ppid) === parent) zombies.push(pid);
  }
  return zombies;
}

/** State and parent of proc_pid_stat(5), behind the last parenthesis; nothing where the process is gone. */
function stateOf(pid: number): string[] {
  try {
    const stat = new TextDecoder("latin1").decode(readWhole(`/proc/${pid}/stat`));
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ", 2);
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}
