import { DEVICES, series } from "../../catalog/index.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { listIfAllowed } from "../../proc/sys-list.ts";
import type { CollectorKind } from "../collector.ts";
import { type NumberFile, NumberFilesCollector } from "./number-files.ts";

const CPUS = "/sys/devices/system/cpu";
const FOLDER = "thermal_throttle";
const MODES = ["core", "package"] as const;

/** Of two files a CPU: as many CPUs as the frequency is read of. */
const MOST_FILES = 64;

export const THERMAL: CollectorKind = {
  name: "thermal",
  what: "times that CPUs were slowed for heat, up to 32 of them",
  reads: MODES.map((mode) => `${CPUS}/cpuN/${FOLDER}/${mode}_throttle_count`),
  way: { name: "all", what: "on wider machines too" },
  make: (proc, all) =>
    new NumberFilesCollector("thermal", proc, () => counters(proc), all ? Number.POSITIVE_INFINITY : MOST_FILES),
};

/** The counters of each CPU, where the first one has any: Intel's have. */
function counters(proc: ProcFs): NumberFile[] {
  if (listIfAllowed(proc, `${CPUS}/cpu0/${FOLDER}`) === undefined) return [];
  const cpus = (listIfAllowed(proc, CPUS) ?? []).filter((name) => /^cpu\d+$/.test(name));
  return cpus.flatMap((cpu) =>
    MODES.map((mode) => ({
      path: `${CPUS}/${cpu}/${FOLDER}/${mode}_throttle_count`,
      keys: [series(DEVICES.cpuThrottles, { cpu, mode })],
      factor: 1,
    })),
  );
}
