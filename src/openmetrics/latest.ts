import { RUN, sampleName } from "../catalog/index.ts";
import type { RecordedSeries, Recording } from "../recording/recording.ts";
import { familiesOf } from "./families.ts";
import { LabelText, metadata } from "./render.ts";
import { numberText } from "./write-number.ts";

interface Point {
  readonly atMs: number;
  readonly value: number;
}

/**
 * The latest sample of a recording and the facts of its run, as OpenMetrics 1.0 text for one that asks again and again: each
 * series that has a value in that sample. There are no time stamps, with which Prometheus would show what has ended for
 * another five minutes, and no events.
 */
export function latestText(recording: Recording): string {
  const labels = new LabelText(recording.identity);
  const lasts = new Map<RecordedSeries, Point>();
  let latestMs = Number.NEGATIVE_INFINITY;
  const families = familiesOf(recording).filter(([first]) => first?.metric.name !== RUN.event.name);
  for (const one of families.flat()) {
    const last = lastPoint(one);
    if (!last) continue;
    lasts.set(one, last);
    latestMs = Math.max(latestMs, last.atMs);
  }
  let text = "";
  for (const family of families) {
    let isNamed = false;
    for (const one of family) {
      const last = lasts.get(one);
      if (!last || (last.atMs < latestMs && one.metric.type !== "info")) continue;
      if (!isNamed) text += metadata(one.metric);
      isNamed = true;
      text += `${sampleName(one.metric)}{${labels.of(one)}} ${numberText(last.value)}\n`;
    }
  }
  return `${text}# EOF\n`;
}

function lastPoint(series: RecordedSeries): Point | undefined {
  let last: Point | undefined;
  for (const { length, times, values } of series.blocks()) {
    let at = length - 1;
    while (at >= 0 && Number.isNaN(values[at])) at--;
    if (at >= 0) last = { atMs: times[at]!, value: values[at]! };
  }
  return last;
}
