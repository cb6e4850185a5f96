import type { PlannedPanel } from "./chart-plan.ts";
import type { RunFigures } from "./run-figures.ts";

/** The layers of the page: the run itself, everything else that moved, and what did not. */
export interface Arrangement {
  /** Up to four panels, one for each resource: CPU, memory, storage, network. */
  readonly lanes: readonly PlannedPanel[];
  /** What moved most comes first. */
  readonly rest: readonly PlannedPanel[];
  readonly flat: readonly PlannedPanel[];
  /** What the panels without any chart say instead. */
  readonly quiet: readonly string[];
}

/** The lanes by resource: the first panel that is there is drawn. */
const LANES = [
  ["command-cpu", "machine-cpu"],
  ["command-memory", "machine-memory"],
  ["command-io", "machine-disk"],
  ["machine-network"],
] as const;

/** A panel whose lines moved less is flat. */
const LEAST_MOVED = 0.05;
/** Lines that are smaller than this share of a panel's largest do not move the panel. */
const SMALL = 0.1;

/** Arranges the panels. Those of a run that still records all stay in sight: what is flat now may move soon. */
export function arranged(panels: readonly PlannedPanel[], figures: readonly RunFigures[]): Arrangement {
  const drawn = panels.filter(({ spec, charts }) => spec.quiet === undefined || charts.some(({ quiet }) => !quiet));
  const quiet = panels.flatMap((panel) => (drawn.includes(panel) ? [] : [panel.spec.quiet ?? ""]));
  const lanes = LANES.flatMap((ids) => {
    const found = ids.map((id) => drawn.find(({ spec }) => spec.id === id)).find((panel) => panel !== undefined);
    return found ? [found] : [];
  });
  const isLive = figures.some(({ run }) => run.live);
  const others = drawn
    .filter((panel) => !lanes.includes(panel))
    .map((panel) => ({ panel, moved: movedOf(panel, figures) }));
  const isFlat = ({ moved }: { readonly moved: number }) => !isLive && moved < LEAST_MOVED;
  const rest = others.filter((one) => !isFlat(one));
  // What the recording itself costs says nothing of the command.
  const isOwn = ({ spec }: PlannedPanel) => Number(spec.section === "recorder");
  if (!isLive) rest.sort((a, b) => isOwn(a.panel) - isOwn(b.panel) || b.moved - a.moved);
  return { lanes, rest: rest.map(({ panel }) => panel), flat: others.filter(isFlat).map(({ panel }) => panel), quiet };
}

/** Returns how much the larger series of a panel moved, 0 to 1: the most of them. */
function movedOf({ charts }: PlannedPanel, figures: readonly RunFigures[]): number {
  const all = charts.flatMap(({ lines }) =>
    lines.flatMap(({ run, request }) => {
      const own = figures.find((one) => one.run.id === run);
      return request.series.flatMap((index) => {
        const [series, figure] = [own?.run.series[index], own?.all[index]];
        if (!series || !figure) return [];
        return [{ moved: series.moved, size: series.type === "counter" ? figure.last - figure.first : figure.high }];
      });
    }),
  );
  const largest = Math.max(0, ...all.map(({ size }) => size || 0));
  return Math.max(0, ...all.filter(({ size }) => size >= SMALL * largest).map(({ moved }) => moved));
}
