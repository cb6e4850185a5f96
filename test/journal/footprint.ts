import { readFileSync } from "node:fs";
import { MACHINE, series } from "../../src/catalog/index.ts";
import { render } from "../../src/openmetrics/render.ts";
import { withSummary } from "../../src/recording/summary-series.ts";
import { random, Trial } from "./journals.ts";

/*
 * footprint.ts ROWS: writes a journal of this number of samples of 120 series, renders it, and prints the peak RSS in KiB.
 * The rows are not kept in memory for comparison.
 */
const keys = Array.from({ length: 120 }, (_, i) => series(MACHINE.networkSent, { interface: `eth${i}` }));
const row = new Float64Array(keys.length);
const next = random(1);
using trial = new Trial();
trial.writer.layout(keys);
for (let i = 0; i < Number(process.argv[2]); i++) {
  for (let column = 0; column < row.length; column++) row[column]! += column % 5 ? Math.floor(next() * 1e5) : next();
  trial.clock.stall(1000);
  trial.writer.row(trial.store.startMs + i * 1000, row);
}
trial.writer.end();
let points = 0;
const recording = trial.writer.recording();
render(withSummary(recording), (bytes) => {
  points += bytes.length;
});
if (points < recording.rows * keys.length * 20) throw new Error("the file has too few points");
console.log(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1"))![1]);
