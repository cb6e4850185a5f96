/** The four sources that every run has, as a choice of collectors: what the floor and `tickByText` read too. */
export const BASIC = { only: ["cpu", "memory", "network", "disk"], without: [], ways: [] } as const;

/**
 * Reads the four sources by `Bun.file().text()` and `split`, the obvious way: the comparison shows what open descriptors and
 * byte parsers gain. Returns the number of values, which is the same as the floor's.
 */
export async function tickByText(): Promise<number> {
  const values = [
    ...cpuSeconds(await Bun.file("/proc/stat").text()),
    ...memoryBytes(await Bun.file("/proc/meminfo").text()),
    ...networkBytes(await Bun.file("/proc/net/dev").text()),
    ...diskBytes(await Bun.file("/proc/diskstats").text()),
  ];
  return values.length;
}

const rows = (text: string): string[][] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));

function cpuSeconds(text: string): number[] {
  const lines = rows(text);
  const cpus = lines.filter(([name]) => /^cpu\d/.test(name!));
  const counts = new Map(lines.map(([name, value]) => [name!, Number(value)]));
  const keys = ["procs_running", "procs_blocked", "ctxt", "intr", "processes"];
  const times = cpus.flatMap((cells) => cells.slice(1, 11).map((ticks) => Number(ticks) / 100));
  return [cpus.length, ...keys.map((key) => counts.get(key)!), ...times];
}

function memoryBytes(text: string): number[] {
  const bytes = new Map(rows(text).map(([key, kib]) => [key!, Number(kib) * 1024]));
  const [total, free, buffers] = [bytes.get("MemTotal:")!, bytes.get("MemFree:")!, bytes.get("Buffers:")!];
  const cached = bytes.get("Cached:")! + bytes.get("SReclaimable:")!;
  const used = total - free - buffers - cached;
  const files = bytes.get("Active(file):")! + bytes.get("Inactive(file):")!;
  const swap = [bytes.get("SwapTotal:")!, bytes.get("SwapTotal:")! - bytes.get("SwapFree:")!];
  const keys = ["AnonPages:", "Slab:", "Shmem:", "Dirty:", "Writeback:", "Hugetlb:", "Committed_AS:"];
  const parts = keys.map((key) => bytes.get(key)!);
  const basic = [total, bytes.get("MemAvailable:")!, used, free, buffers, cached, (used / total) * 100];
  return [...basic, files, ...parts, ...swap];
}

function networkBytes(text: string): number[] {
  const lines = text.trimEnd().split("\n").slice(2);
  return lines.flatMap((line) => {
    const cells = line
      .slice(line.lastIndexOf(":") + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    return [...cells.slice(8, 12), ...cells.slice(0, 4)];
  });
}

function diskBytes(text: string): number[] {
  const disks = rows(text).filter(([, , name]) => !/^(loop|z?ram)\d|^[a-z]+d[a-z]+\d+$|\dp\d+$/.test(name!));
  return disks.flatMap((cells) => {
    const columns = cells.slice(3).map(Number);
    const bytes = [columns[2]! * 512, columns[6]! * 512];
    const rest = columns.filter((_, i) => [0, 3, 4, 7, 8, 9, 11, 13, 14, 15, 16].includes(i));
    return [...bytes, ...rest];
  });
}
