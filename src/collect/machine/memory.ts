import { type Fact, KERNEL, MACHINE } from "../../catalog/index.ts";
import { KeyValueFile } from "../../proc/key-value-file.ts";
import { readIfAllowed } from "../../proc/procfs.ts";
import { ABSENT, type MakeCollector } from "../collector.ts";
import { type Column, column } from "../columns.ts";
import { KernelFileCollector, kernelFile } from "../kernel-file.ts";

/** The lines of meminfo that every kernel has. */
const ALWAYS_IN_MEMINFO = ["MemTotal", "MemFree", "Buffers", "Cached"];

const MEMORY: readonly Column<KeyValueFile>[] = [
  column(MACHINE.memoryTotal, (m) => m.bytes("MemTotal")),
  // Since Linux 3.14.
  column(MACHINE.memoryAvailable, (m) => m.bytes("MemAvailable")),
  column(MACHINE.memoryUsed, usedBytes),
  column(MACHINE.memoryFree, (m) => m.bytes("MemFree")),
  column(MACHINE.memoryBuffers, (m) => m.bytes("Buffers")),
  column(MACHINE.memoryCached, cachedBytes),
  column(MACHINE.memoryUsedPercent, (m) => (usedBytes(m) / m.bytes("MemTotal")) * 100),
  column(KERNEL.memoryAnonymous, (m) => m.bytes("AnonPages")),
  column(KERNEL.memoryFile, (m) => m.bytes("Active(file)") + m.bytes("Inactive(file)")),
  column(KERNEL.memorySlab, (m) => m.bytes("Slab")),
  column(KERNEL.memoryShared, (m) => m.bytes("Shmem")),
  column(KERNEL.memoryDirty, (m) => m.bytes("Dirty")),
  column(KERNEL.memoryWriteback, (m) => m.bytes("Writeback")),
  column(KERNEL.memoryHugePages, hugePagesBytes),
  column(KERNEL.memoryCommitted, (m) => m.bytes("Committed_AS")),
  column(KERNEL.swapTotal, (m) => m.bytes("SwapTotal")),
  column(KERNEL.swapUsed, (m) => m.bytes("SwapTotal") - m.bytes("SwapFree")),
];

/** Huge pages beyond those that are set aside, which come and go with their users. */
const HUGE_PAGES_OVERCOMMIT = "/proc/sys/vm/nr_overcommit_hugepages";
const NONE: ReadonlySet<string> = new Set(["", "0"]);
const LATIN1 = new TextDecoder("latin1");

/** The machine's memory, from /proc/meminfo. */
export const memory: MakeCollector = ({ name, proc }) => {
  const meminfo = new KeyValueFile("meminfo", ":", ALWAYS_IN_MEMINFO);
  const file = kernelFile(proc, "/proc/meminfo", meminfo, MEMORY);
  return new KernelFileCollector(name, () => [file], {
    facts() {
      const totalBytes = meminfo.bytes("MemTotal");
      const facts: Fact[] = Number.isNaN(totalBytes) ? [] : [["memory_bytes", String(totalBytes)]];
      const overcommit = LATIN1.decode(readIfAllowed(proc, HUGE_PAGES_OVERCOMMIT)).trim();
      if (!NONE.has(overcommit)) facts.push(["huge_pages_overcommit", overcommit]);
      return facts;
    },
  });
};

/** Returns the page cache with the slab that can be reclaimed; kernels before 2.6.19 do not tell that apart. */
function cachedBytes(meminfo: KeyValueFile): number {
  const reclaimable = meminfo.bytes("SReclaimable");
  return meminfo.bytes("Cached") + (Number.isNaN(reclaimable) ? 0 : reclaimable);
}

/** Returns what is neither free nor cache. Containers that mix their own total with the machine's cache can be below 0. */
function usedBytes(meminfo: KeyValueFile): number {
  const rest = meminfo.bytes("MemTotal") - meminfo.bytes("MemFree") - meminfo.bytes("Buffers") - cachedBytes(meminfo);
  return rest < 0 ? ABSENT : rest;
}

/** Returns the memory set aside for huge pages of all sizes; before Linux 4.16 of the default size. */
function hugePagesBytes(meminfo: KeyValueFile): number {
  const defaultSize = meminfo.number("HugePages_Total") * meminfo.bytes("Hugepagesize");
  const allSizes = meminfo.bytes("Hugetlb");
  return Number.isNaN(allSizes) ? defaultSize : allSizes;
}

const PAGING: readonly Column<KeyValueFile>[] = [
  column(KERNEL.swapIn, (v) => v.pages("pswpin")),
  column(KERNEL.swapOut, (v) => v.pages("pswpout")),
  column(KERNEL.refaults, refaultBytes),
  column(KERNEL.pageFaults, { mode: "major" }, (v) => v.number("pgmajfault")),
  column(KERNEL.pageFaults, { mode: "minor" }, (v) => v.number("pgfault") - v.number("pgmajfault")),
  // Since Linux 4.13.
  column(KERNEL.oomKills, (v) => v.number("oom_kill")),
  column(KERNEL.reclaimStalls, reclaimStalls),
];

/** What a lack of memory causes, from /proc/vmstat. */
export const paging: MakeCollector = ({ name, proc }) => {
  const file = kernelFile(proc, "/proc/vmstat", new KeyValueFile("vmstat", " ", ["pgfault"]), PAGING);
  return new KernelFileCollector(name, () => [file]);
};

/** Returns refaults of files; before Linux 5.9 they are counted as one number, and only those of files are. */
function refaultBytes(vmstat: KeyValueFile): number {
  const ofFiles = vmstat.pages("workingset_refault_file");
  const all = vmstat.pages("workingset_refault");
  return Number.isNaN(ofFiles) ? all : ofFiles;
}

/** Reclaim stalls are counted by zone since Linux 4.8, and were one number before. */
const STALLS = [
  "allocstall",
  "allocstall_dma",
  "allocstall_dma32",
  "allocstall_normal",
  "allocstall_high",
  "allocstall_movable",
  "allocstall_device",
];

/** Returns the reclaim stalls of all zones; NaN: this kernel does not count them. */
function reclaimStalls(vmstat: KeyValueFile): number {
  let sum = Number.NaN;
  for (let i = 0; i < STALLS.length; i++) {
    const stalls = vmstat.number(STALLS[i]!);
    if (!Number.isNaN(stalls)) sum = Number.isNaN(sum) ? stalls : sum + stalls;
  }
  return sum;
}
