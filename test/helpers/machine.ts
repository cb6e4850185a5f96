import { existsSync, readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** Why this machine cannot do something; undefined: it can. */
export type Absence = () => string | undefined;

const HUGE_PAGES = "/proc/sys/vm/nr_hugepages";

/** Reserves so many huge pages more until the scope ends. Throws where this machine has none to give. */
export function giveHugePages(count: number): Disposable {
  const before = Number(readFileSync(HUGE_PAGES, "latin1"));
  const set = (pages: number) => Bun.spawnSync(["sh", "-c", `echo ${pages} >${HUGE_PAGES}`], { stderr: "ignore" });
  set(before + count);
  const given = Number(readFileSync(HUGE_PAGES, "latin1")) - before;
  if (given === count) return { [Symbol.dispose]: () => void set(before) };
  set(before);
  throw new Error(`this machine gives ${given} of ${count} huge pages`);
}

/** Whether huge pages can be reserved, which takes root. */
export const noHugePages: Absence = () => {
  try {
    giveHugePages(20)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** The file systems that are memory: TMPFS_MAGIC, RAMFS_MAGIC. */
const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6];

/** Whether temporary files are on storage. */
export const noDisk: Absence = () =>
  IN_MEMORY.includes(statfsSync(tmpdir()).type) ? "temporary files are in memory" : undefined;

/** Runs words, and tells why they fail; undefined: they do not. */
export function failureOf(words: readonly string[]): string | undefined {
  try {
    const { exitCode, stderr } = Bun.spawnSync([...words], { stdout: "ignore" });
    return exitCode === 0 ? undefined : `${words.join(" ")}: ${stderr.toString().trim().split("\n")[0]}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether processes may ask for transparent huge pages. */
export const noTransparentHugePages: Absence = () => {
  const file = "/sys/kernel/mm/transparent_hugepage/enabled";
  if (!existsSync(file)) return `there is no ${file}`;
  return readFileSync(file, "latin1").includes("[never]") ? `${file} says never` : undefined;
};
