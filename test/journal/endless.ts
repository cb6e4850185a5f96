import { writeSync } from "node:fs";
import { systemClock } from "../../src/clock.ts";
import { createJournal } from "../../src/journal/journal-files.ts";
import { JournalWriter } from "../../src/journal/journal-writer.ts";
import { columnsAt, HEADER, valuesAt } from "./journals.ts";

/*
 * endless.ts FOLDER: records rows until it is killed, and prints after each flush the number of rows in the file.
 */
const [folder = ""] = process.argv.slice(2);
const { path, fd } = createJournal(folder, "run.prom", process.pid);
writeSync(1, `${path}\n`);
const header = { ...HEADER, pid: process.pid };
const writer = new JournalWriter({ header, clock: systemClock, places: [() => ({ path, fd })], isSynced: true });
for (let row = 0; ; row++) {
  if (row % 500 === 0) writer.layout(columnsAt(row));
  writer.row(HEADER.startMs + row, valuesAt(row));
  if (row % 7 !== 0) continue;
  writer.event({ atMs: HEADER.startMs + row, event: "flushed", text: String(row) });
  writer.flush();
  writeSync(1, `${row + 1}\n`);
}
