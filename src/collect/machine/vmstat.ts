import { KERNEL, series } from "../../catalog/index.ts";
import { FIXED_FILES } from "../../proc/fixed-files.ts";
import { Vmstat } from "../../proc/vmstat.ts";
import { kernelFile } from "../kernel-file.ts";

/** What a lack of memory does, from /proc/vmstat. */
export const PAGING = kernelFile({
  name: "paging",
  what: "swapping, page faults, OOM kills, reclaim stalls",
  path: FIXED_FILES.paging[0],
  table: () => new Vmstat(),
  series: () => [
    series(KERNEL.swapIn),
    series(KERNEL.swapOut),
    series(KERNEL.pageFaults, { mode: "major" }),
    series(KERNEL.pageFaults, { mode: "minor" }),
    series(KERNEL.oomKills),
    series(KERNEL.reclaimStalls),
  ],
  fill(row, vmstat) {
    row[0] = vmstat.swapInBytes;
    row[1] = vmstat.swapOutBytes;
    row[2] = vmstat.majorFaults;
    row[3] = vmstat.faults - vmstat.majorFaults;
    row[4] = vmstat.oomKills;
    row[5] = vmstat.reclaimStalls;
  },
});
