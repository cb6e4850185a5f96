import { KERNEL, series } from "../../catalog/index.ts";
import { FIXED_FILES } from "../../proc/fixed-files.ts";
import { Loadavg } from "../../proc/loadavg.ts";
import { kernelFile } from "../kernel-file.ts";

/** Load averages, from /proc/loadavg. */
export const LOAD = kernelFile({
  name: "load",
  what: "load averages",
  path: FIXED_FILES.load[0],
  table: () => new Loadavg(),
  series: () => [series(KERNEL.load1), series(KERNEL.load5), series(KERNEL.load15)],
  fill(row, { averages }) {
    row[0] = averages[0]!;
    row[1] = averages[1]!;
    row[2] = averages[2]!;
  },
});
