import { DEVICES } from "../../catalog/index.ts";
import { NumberFile } from "../../proc/number-file.ts";
import { listIfAllowed, type ProcFs } from "../../proc/procfs.ts";
import { cpuNumbers } from "../../proc/sys-devices.ts";
import type { CollectorContext, MakeCollector } from "../collector.ts";
import { type Column, column } from "../columns.ts";
import { type KernelFile, KernelFileCollector, kernelFile } from "../kernel-file.ts";

const CPUS = "/sys/devices/system/cpu";
const HERTZ_A_KILOHERTZ = 1000;

/**
 * Each CPU has a file or two of its own, and each costs a system call or two. A machine of 256 CPUs would spend more on them
 * than on everything else, so that more CPUs than this are read only when asked for.
 */
const MOST_CPUS = 32;

/** The clock of each CPU, from cpufreq. */
export const frequency: MakeCollector = ({ name, proc, otherWay }) =>
  new KernelFileCollector(name, () => unlessTooMany(clockFiles(proc), MOST_CPUS, otherWay));

/** Returns a file for each set of CPUs that share one clock: its value is that of each. */
function clockFiles(proc: ProcFs): KernelFile[] {
  const policies = (listIfAllowed(proc, `${CPUS}/cpufreq`) ?? []).filter((name) => /^policy\d+$/.test(name));
  return policies.map((policy) => {
    const folder = `${CPUS}/cpufreq/${policy}`;
    const cpus = cpuNumbers(proc, `${folder}/affected_cpus`) ?? [Number(policy.slice("policy".length))];
    const columns = cpus.map(
      (cpu): Column<NumberFile> =>
        column(DEVICES.cpuFrequency, { cpu: `cpu${cpu}` }, ({ value }) => value * HERTZ_A_KILOHERTZ),
    );
    const path = `${folder}/scaling_cur_freq`;
    return kernelFile(proc, path, new NumberFile(path), columns);
  });
}

/** What the throttle counters are of; Intel's CPUs have both. */
const THROTTLED = ["core", "package"] as const;

/** How often each CPU was slowed for heat. */
export const thermal: MakeCollector = ({ name, proc, otherWay }) =>
  new KernelFileCollector(name, () => unlessTooMany(throttleFiles(proc), THROTTLED.length * MOST_CPUS, otherWay));

function throttleFiles(proc: ProcFs): KernelFile[] {
  if (listIfAllowed(proc, `${CPUS}/cpu0/thermal_throttle`) === undefined) return [];
  const cpus = (listIfAllowed(proc, CPUS) ?? []).filter((name) => /^cpu\d+$/.test(name));
  return cpus.flatMap((cpu) =>
    THROTTLED.map((mode) => {
      const path = `${CPUS}/${cpu}/thermal_throttle/${mode}_throttle_count`;
      const columns: Column<NumberFile>[] = [column(DEVICES.cpuThrottles, { cpu, mode }, ({ value }) => value)];
      return kernelFile(proc, path, new NumberFile(path), columns);
    }),
  );
}

function unlessTooMany(
  files: readonly KernelFile[],
  most: number,
  otherWay: CollectorContext["otherWay"],
): readonly KernelFile[] {
  return files.length > most && !otherWay ? [] : files;
}
