import { rmSync } from "node:fs";
import { PROLOGUE_BYTES } from "../../src/journal/journal-format.ts";
import { joinedSource, recordsOf } from "../../src/journal/journal-source.ts";
import { renderBytes } from "../helpers/recording.ts";
import { KEYS, random, read, Trial } from "./journals.ts";

/*
 * limited.ts JOURNAL FILLER: records a run into a file with too little room, and prints the result as JSON. Half-way it
 * removes FILLER, where one is given, which makes room. failures.test.ts starts it where there are limits.
 */
const [path = "", filler] = process.argv.slice(2);
const ROWS = 9000;
using trial = new Trial(path);
const next = random(7);
trial.layout(KEYS);
for (let i = 0; i < ROWS; i++) {
  if (i === ROWS / 2 && filler) rmSync(filler);
  trial.row(KEYS.map(() => next() * 1e9));
}
trial.event("command_done", "Command done");
trial.writer.end();
const recording = trial.writer.recording();
const { failure } = trial.writer;
const bytes = new Uint8Array(await Bun.file(path).arrayBuffer());
const inFile = read(bytes);
const same = Buffer.from(renderBytes(recording)).equals(Buffer.from(renderBytes(trial.store)));
console.log(
  JSON.stringify({
    ...{
      code: failure?.error.code,
      hasUnwritten: failure?.hasUnwritten,
      lost: failure?.lost ?? null,
      same,
      rows: ROWS,
    },
    holes: [...recordsOf(joinedSource(undefined, 0, bytes), PROLOGUE_BYTES)].filter((item) => !("payload" in item))
      .length,
    file: { rows: inFile.rows, ...inFile.damage },
  }),
);
