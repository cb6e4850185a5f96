import { plainQuantity } from "../recording/quantities.ts";
import { MEMORY_MARGINS } from "../recording/sizing.ts";
import { ENOUGH_ALONE, LEAST_RUNS, runsForShare, shareBelowHighest } from "../recording/sizing-limits.ts";
import type { CpuSize, MemorySize, RunSizes } from "../recording/sizing-sizes.ts";

/** Runs of which the simulation in bench/README.md met its goal for the usual distributions. */
const GOOD_RUNS = 20;

/** What must be known about sizes to rely on them, a sentence or two each, the most important first. */
export function sizeNotes({ memory, cpu, ends }: RunSizes): string[] {
  return [
    ...(memory === undefined ? ["Memory is not recorded in any of these runs."] : memoryNotes(memory)),
    ...(cpu === undefined
      ? ["CPU use is not known of any of these runs: they were too short, or did not record it."]
      : cpuNotes(cpu)),
    ...endNotes(ends),
  ];
}

function memoryNotes(memory: MemorySize): string[] {
  const { runs, lowerBounds, doubt } = memory;
  const notes = [...killNotes(memory), ...basisNotes(memory)];
  if (memory.grows)
    notes.push("Peak memory grows from run to run: a limit that comes from these runs will not hold for long.");
  if (lowerBounds > 0) notes.push(`${boundsText(lowerBounds, runs)}: ${doubt}.${boundNote(memory)}`);
  return notes;
}

function boundsText(count: number, runs: number): string {
  return runs === 1 ? "The peak is a lower bound" : `${count} of ${runs} peaks are lower bounds`;
}

/** What is certain in spite of peaks that are lower bounds. */
function boundNote({ atMostBytes, limitBytes }: MemorySize): string {
  if (atMostBytes === undefined) return " How much more it was is not known; runs with --cgroup auto know more.";
  const within = atMostBytes <= limitBytes ? "which the limit covers" : "which the limit does not cover";
  return ` Certainly no run held more than ${plainQuantity(atMostBytes, "bytes")}, ${within}.`;
}

function killNotes({ killedAtBytes, basis }: MemorySize): string[] {
  if (killedAtBytes === undefined) return [];
  const at = Number.isNaN(killedAtBytes) ? "" : ` at a limit of ${plainQuantity(killedAtBytes, "bytes")}`;
  const next =
    basis.by === "kill"
      ? "The limit is half as much again; run it so, and size it by those runs."
      : "The limit by the other runs is higher by half or more.";
  return [`The kernel killed for memory${at}: the command needs more, and how much more is not known. ${next}`];
}

function basisNotes({ runs, basis }: MemorySize): string[] {
  const margin = `${Math.round(basis.margin * 100)} %`;
  // The kill has its own note.
  if (basis.by === "kill") return [];
  if (basis.by === "too few runs")
    return [
      `Not enough runs: ${runs}. It takes ${LEAST_RUNS} before their spread says anything, and ${GOOD_RUNS} are good. The memory limit is the highest plus ${Math.round(MEMORY_MARGINS.unknown * 100)} %.`,
    ];
  if (basis.by === "percentile")
    return [`Memory limit: on average 1 of 100 later runs like these is above it, whatever their distribution.`];
  if (basis.by === "lower bounds")
    return [`Memory limit: the highest plus ${margin}, since samples may have missed what was held between them.`];
  const by = basis.by === "spread" ? "by how far the runs differ" : "since the runs hardly differ";
  const share = Math.floor(shareBelowHighest(runs) * 100);
  const few = runs < GOOD_RUNS ? ` ${GOOD_RUNS} runs would give a better limit.` : "";
  return [
    `Memory limit: the highest plus ${margin}, ${by}. Of later runs like these about 1 of 100 is above it, if peaks lie evenly around their mean.${few}`,
    `Whatever their distribution, the highest alone is above ${share} % of later runs with 95 % confidence: 95 % of them take ${runsForShare(0.95)} runs, 99 % take ${runsForShare(0.99)}. With ${ENOUGH_ALONE} runs the limit needs no margin.`,
  ];
}

function cpuNotes({ saturated, throttled, crowded, usableCpus, runs }: CpuSize): string[] {
  const notes: string[] = [];
  const of = (count: number) => `${count} of ${Math.max(runs, count)} ${Math.max(runs, count) === 1 ? "run" : "runs"}`;
  if (saturated > 0)
    notes.push(
      `CPU: ${of(saturated)} used all of the ${plainQuantity(usableCpus, "cores")} CPUs that they could use; with more the command may be quicker.`,
    );
  if (throttled > 0) notes.push(`CPU: a quota held ${of(throttled)} back: the command can use more than it allows.`);
  if (crowded > 0)
    notes.push(`CPU: other programs kept the machine busy in ${of(crowded)}; on a free one the command may use more.`);
  return notes;
}

function endNotes(ends: RunSizes["ends"]): string[] {
  const left = [
    [ends.failed, "failed"],
    [ends["killed for memory"], "killed for memory"],
    [ends.unfinished, "without an end"],
  ] as const;
  const named = left.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  if (named.length === 0) return [];
  const rule =
    ends.complete === 0
      ? "None ended well: these sizes are what they held until then, and the need may be higher."
      : "They do not count as runs, since they may not have come to their peak; no memory limit is below what they held.";
  return [`Other runs: ${named.join(", ")}. ${rule}`];
}
