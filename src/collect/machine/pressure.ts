import { KERNEL } from "../../catalog/index.ts";
import { Psi } from "../../proc/psi.ts";
import type { MakeCollector } from "../collector.ts";
import { type Column, column } from "../columns.ts";
import { KernelFileCollector, kernelFile } from "../kernel-file.ts";

const RESOURCES = ["cpu", "memory", "io"] as const;

/** The machine's pressure stall information (PSI), from /proc/pressure. */
export const pressure: MakeCollector = ({ name, proc }) => {
  const files = RESOURCES.map((resource) =>
    kernelFile(proc, `/proc/pressure/${resource}`, new Psi(), columnsOf(resource)),
  );
  return new KernelFileCollector(name, () => files);
};

function columnsOf(resource: string): readonly Column<Psi>[] {
  return [
    column(KERNEL.pressure, { resource, mode: "some" }, (psi) => psi.someSeconds),
    column(KERNEL.pressure, { resource, mode: "full" }, (psi) => psi.fullSeconds),
  ];
}
