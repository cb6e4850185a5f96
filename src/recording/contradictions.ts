import { ACCOUNTING } from "../catalog/index.ts";
import { findingOf, RESOURCES, type Resource } from "./evidence.ts";
import type { Recording, RunEvent } from "./recording.ts";
import { figuresOf } from "./run-figures.ts";

/** Returns the recording with an event, at the command's end, for each figure whose sources contradict each other. */
export function withContradictions(recording: Recording): Recording {
  // Without a group of its own, no source of the command's figures bounds another.
  if (!hasGroup(recording)) return recording;
  const found = contradictionsIn(recording);
  if (found.length === 0) return recording;
  const { identity, startMs, facts, events } = recording;
  const all = [...events, ...found].sort((a, b) => a.atMs - b.atMs);
  return { identity, startMs, facts, events: all, series: () => recording.series() };
}

function contradictionsIn(recording: Recording): RunEvent[] {
  const { events, startMs } = recording;
  const atMs = events.findLast(({ event }) => event === "command_done")?.atMs ?? events.at(-1)?.atMs ?? startMs;
  const figures = figuresOf(recording);
  return RESOURCES.flatMap((resource) => {
    const { isContradicted, reason } = findingOf(resource, figures);
    return isContradicted ? [{ atMs, event: "contradiction", text: `${nameOf(resource)}: ${reason}` }] : [];
  });
}

function nameOf(resource: Resource): string {
  return resource === "cpu" ? "CPU time" : resource.replaceAll("-", " ");
}

function hasGroup(recording: Recording): boolean {
  for (const { metric, labels } of recording.series())
    if (metric.name === ACCOUNTING.info.name && labels[1]?.startsWith("cgroup")) return true;
  return false;
}
