import { UsageError } from "../errors.ts";
import { processFileOf } from "../load/process-lines.ts";
import type { ClaimedOutput } from "./claim-output.ts";
import { claimOther } from "./other-outputs.ts";

/*
 * The record of the command's processes: a file beside the metrics file, which appears whole or not at all when the
 * command has ended. docs/processes.md describes its lines.
 */

/** Takes its place. Throws OutputError where it cannot be written; UsageError where the metrics file is no file. */
export function claimProcessFile({ path, mayBlock }: ClaimedOutput): ClaimedOutput {
  if (mayBlock)
    throw new UsageError(`--processes (SE_PROCESSES): its file goes beside the metrics file, and ${path} is no file`);
  return claimOther(processFileOf(path), "--processes");
}

/**
 * Writes the record piece by piece: it may have a line for each of many thousand processes, and the end of the run must
 * not make others wait. Throws OutputError.
 */
export async function writeProcessFile(place: ClaimedOutput, lines: Iterable<Uint8Array>): Promise<void> {
  await place.write(async (write) => {
    for (const piece of lines) {
      write(piece);
      // Others get a turn, such as a signal.
      await Bun.sleep(0);
    }
  });
}
