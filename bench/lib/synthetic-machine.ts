import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./lab.ts";

/** How many CPUs and devices a synthetic machine has. */
export interface Width {
  readonly cpus: number;
  readonly disks: number;
  readonly interfaces: number;
}

/** A small machine: each experiment widens one of its numbers. */
export const NARROW: Width = { cpus: 2, disks: 10, interfaces: 10 };

const RECORDED = join(ROOT, "test/fixtures/proc/6.18-vm");

const numbered = (count: number, row: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => row(i)).join("");

/** Writes the /proc and /sys of a machine of a given width into a folder. The rest is as recorded; disks have two partitions. */
export async function writeMachine(root: string, { cpus, disks, interfaces }: Width): Promise<void> {
  await cp(RECORDED, root, { recursive: true });
  const ticks = "6112710 20450 945865 79277365 70275 0 90028 4123 2827 12";
  const interrupts = `intr 6750037${" 0".repeat(50 + 4 * cpus)}`;
  const counts = "ctxt 15618255\nbtime 1795413593\nprocesses 287221\nprocs_running 1\nprocs_blocked 0\n";
  await writeFile(
    join(root, "proc/stat"),
    `cpu  ${ticks}\n${numbered(cpus, (i) => `cpu${i} ${ticks}\n`)}${interrupts}\n${counts}`,
  );

  const traffic = (i: number) => `${1191293334 + i} 26306 0 0 0 0 0 0 ${1369675 + i} 14416 0 0 0 0 0 0`;
  const header = "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n";
  await writeFile(join(root, "proc/net/dev"), header + numbered(interfaces, (i) => `  eth${i}: ${traffic(i)}\n`));

  const requests =
    "748806 45475 25152298 2017790 138768 212779 151628848 404066 0 126192 2460790 217126 55 1134857680 36366 21730 2567";
  const disk = (i: number) =>
    [`nvme${i}n1`, `nvme${i}n1p1`, `nvme${i}n1p2`]
      .map((name, part) => ` 259 ${3 * i + part} ${name} ${requests}\n`)
      .join("");
  await writeFile(join(root, "proc/diskstats"), numbered(disks, disk));
  for (let i = 0; i < disks; i++) await mkdir(join(root, `sys/block/nvme${i}n1`), { recursive: true });
}
