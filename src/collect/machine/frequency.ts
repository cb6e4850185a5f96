import { DEVICES, series } from "../../catalog/index.ts";
import { cpuNumbers } from "../../proc/cpu-list.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { listIfAllowed } from "../../proc/sys-list.ts";
import type { CollectorKind } from "../collector.ts";
import { type NumberFile, NumberFilesCollector } from "./number-files.ts";

const POLICIES = "/sys/devices/system/cpu/cpufreq";

/** So many reads a sample are worth it; more must be asked for. */
const MOST_FILES = 32;

const KILOHERTZ = 1000;

export const FREQUENCY: CollectorKind = {
  name: "frequency",
  what: `clock of each CPU, up to ${MOST_FILES} of them`,
  reads: [`${POLICIES}/policyN/scaling_cur_freq`],
  way: { name: "all", what: "on wider machines too" },
  make: (proc, all) =>
    new NumberFilesCollector("frequency", proc, () => policies(proc), all ? Number.POSITIVE_INFINITY : MOST_FILES),
};

/** A file for each set of CPUs that have one clock; its value is that of each. */
function policies(proc: ProcFs): NumberFile[] {
  const names = listIfAllowed(proc, POLICIES) ?? [];
  const policies = names.filter((name) => /^policy\d+$/.test(name));
  return policies.map((policy) => {
    const folder = `${POLICIES}/${policy}`;
    const cpus = cpuNumbers(proc, `${folder}/affected_cpus`) ?? [Number(policy.slice("policy".length))];
    const keys = cpus.map((cpu) => series(DEVICES.cpuFrequency, { cpu: `cpu${cpu}` }));
    return { path: `${folder}/scaling_cur_freq`, keys, factor: KILOHERTZ };
  });
}
