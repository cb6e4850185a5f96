/**
 * One sample of the four system sources by `Bun.file().text()` and `split`: the way one would write it first. It is in
 * the table to show what kept descriptors and byte parsers are worth. Gives the number of values, as the floor does.
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
  const cpus = rows(text).filter(([name]) => /^cpu\d/.test(name!));
  return cpus.flatMap((cells) => cells.slice(1, 11).map((ticks) => Number(ticks) / 100));
}

function memoryBytes(text: string): number[] {
  const bytes = new Map(rows(text).map(([key, kib]) => [key!, Number(kib) * 1024]));
  const [total, free, buffers] = [bytes.get("MemTotal:")!, bytes.get("MemFree:")!, bytes.get("Buffers:")!];
  const cached = bytes.get("Cached:")! + bytes.get("SReclaimable:")!;
  const used = total - free - buffers - cached;
  return [total, bytes.get("MemAvailable:")!, used, free, buffers, cached, (used / total) * 100];
}

function networkBytes(text: string): number[] {
  const lines = text.trimEnd().split("\n").slice(2);
  return lines.flatMap((line) => {
    const cells = line
      .slice(line.lastIndexOf(":") + 1)
      .trim()
      .split(/\s+/);
    return [Number(cells[8]), Number(cells[0])];
  });
}

function diskBytes(text: string): number[] {
  const disks = rows(text).filter(([, , name]) => !/^(loop|z?ram)\d|^[a-z]+d[a-z]+\d+$|\dp\d+$/.test(name!));
  return disks.flatMap((cells) => [Number(cells[5]) * 512, Number(cells[9]) * 512]);
}
