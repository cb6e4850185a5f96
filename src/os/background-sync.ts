import { listFolder, readText, SystemError } from "./files.ts";
import { KernelSync } from "./kernel-sync.ts";
import { resourceLimit } from "./limits.ts";
import { ThreadSync } from "./thread-sync.ts";

/** Syncs files without waiting for it, as `ThreadSync` and `KernelSync` do. */
export type BackgroundSync = ThreadSync | KernelSync;

const RLIMIT_NPROC = 6;

/** The runtime starts a few threads, and ends this process where it cannot. */
const ROOM = 64;

/** Where nothing may limit the number of threads to few, or forbids code of our own: a thread; elsewhere the kernel's. */
export function backgroundSync(): BackgroundSync {
  if (!hasRoomForThreads()) return new KernelSync();
  try {
    return new ThreadSync();
  } catch {
    return new KernelSync();
  }
}

/** Whether this process may certainly start threads: by its limit of processes and by its control groups. */
export function hasRoomForThreads(cgroups = "/sys/fs/cgroup"): boolean {
  const { soft } = resourceLimit(RLIMIT_NPROC);
  try {
    if (soft < BigInt(threadsOfAll() + ROOM)) return false;
    for (const line of readText("/proc/self/cgroup").split("\n")) {
      const [number, controllers = "", path = ""] = line.split(":");
      if (number !== "0" && controllers !== "pids") continue;
      if (!haveRoom(number === "0" ? cgroups : `${cgroups}/pids`, path)) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}

/** Threads of the whole machine, proc_loadavg(5): no user has more. */
function threadsOfAll(): number {
  const [, , , running = ""] = readText("/proc/loadavg").split(" ");
  return Number(running.slice(running.indexOf("/") + 1));
}

/** Whether a control group and those above it have room; one that is hidden from us, in another namespace, shows none. */
function haveRoom(root: string, path: string): boolean {
  for (let folder = path; ; folder = folder.slice(0, folder.lastIndexOf("/"))) {
    const isShown = listFolder(`${root}${folder}`).includes("pids.max");
    const most = isShown ? readText(`${root}${folder}/pids.max`).trim() : "max";
    if (most !== "max" && Number(most) < Number(readText(`${root}${folder}/pids.current`)) + ROOM) return false;
    if (folder === "" || folder === "/") return true;
  }
}
