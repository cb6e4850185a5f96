import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Lab, output } from "./lab.ts";

export const DAY_S = 86_400;
export const DAY_SERIES = 120;

/** Writes the metrics file of a synthetic run: a day at 1 s with 120 series, 1.2 GB; an hour if the lab is quick. */
export async function writeDayFile(lab: Lab): Promise<string> {
  const program = await lab.program("synthetic-run");
  const [journal, file] = [join(lab.folder, "day.journal"), join(lab.folder, "day.prom")];
  const seconds = lab.quick ? DAY_S / 24 : DAY_S;
  await output([program, "write", journal, String(DAY_SERIES), String(seconds)]);
  await output([program, "file", journal, file]);
  await rm(journal);
  return file;
}
