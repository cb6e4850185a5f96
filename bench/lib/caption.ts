import { arch, cpus, release } from "node:os";

/** What figures were measured on; nothing in it names the machine. */
export function machineText(): string {
  const kernel = release().split("-")[0];
  const model = cpus()[0]?.model ?? "model unknown";
  return `${cpus().length} CPUs (${model}), Linux ${kernel}, ${arch()}, Bun ${Bun.version}.`;
}
