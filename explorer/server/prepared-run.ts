import { linePoints } from "../data/lines.ts";
import type { Run } from "../data/run-columns.ts";

/**
 * Works out what the first request for the points of a run would have to, while a browser starts: the rates of its counters,
 * and what is known of gaps. Between two series, requests have their turn. Ends early when `isOver` says so.
 */
export async function prepareRun({ info, columns }: Run, isOver: () => boolean): Promise<void> {
  const { startMs: fromMs, series } = info;
  for (let index = 0; index < series.length; index++) {
    await nextTurn();
    if (isOver()) return;
    const as = series[index]!.type === "counter" ? "rate" : "value";
    linePoints(columns, { lines: [{ series: [index], as }], fromMs, toMs: fromMs, pixels: 1 });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
