import { ForbiddenError } from "../errors.ts";
import type { ProcFs } from "./procfs.ts";

const LATIN1 = new TextDecoder("latin1");

/** The CPUs of a file like cpufreq's affected_cpus (`0 1 2`); undefined where it is not there, refused or empty. */
export function cpuNumbers(proc: ProcFs, path: string): readonly number[] | undefined {
  try {
    const bytes = proc.read(path);
    const words = bytes === undefined ? [] : (LATIN1.decode(bytes).match(/\d+/g) ?? []);
    return words.length === 0 ? undefined : words.map(Number);
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}
