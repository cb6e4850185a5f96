import { KERNEL } from "../../catalog/index.ts";
import { Loadavg } from "../../proc/loadavg.ts";
import type { MakeCollector } from "../collector.ts";
import { type Column, column } from "../columns.ts";
import { KernelFileCollector, kernelFile } from "../kernel-file.ts";

const LOAD: readonly Column<Loadavg>[] = [
  column(KERNEL.load1, ({ averages }) => averages[0]!),
  column(KERNEL.load5, ({ averages }) => averages[1]!),
  column(KERNEL.load15, ({ averages }) => averages[2]!),
];

/** Load averages, from /proc/loadavg. */
export const load: MakeCollector = ({ name, proc }) => {
  const file = kernelFile(proc, "/proc/loadavg", new Loadavg(), LOAD);
  return new KernelFileCollector(name, () => [file]);
};
