import { MACHINE } from "../../src/catalog/index.ts";
import type { DataSource, LinePoints, RunInfo } from "../data/model.ts";
import type { ProcessSource } from "../processes/process-list.ts";
import type { SharedView } from "./chart.ts";
import { fromOrigin } from "./chart-data.ts";
import { el } from "./dom.ts";
import type { Range } from "./page-state.ts";
import { ProcessView } from "./process-view.ts";
import { namesOf, positionsOf, type RunChoice } from "./run-choice.ts";

export interface ProcessLanesParts {
  readonly source: DataSource & ProcessSource;
  readonly shared: () => SharedView;
  readonly onWheel: (range: Range) => void;
  readonly onHover: (x: number | undefined) => void;
  readonly onError: (error: unknown) => void;
}

/** The processes of the shown runs, as far as there are records of them. */
export class ProcessLanes {
  readonly element = el("section", { class: "panels", id: "processes", "aria-label": "Processes", hidden: true });
  views: readonly ProcessView[] = [];
  private readonly parts: ProcessLanesParts;
  private readonly size = new ResizeObserver(() => this.update());
  /** The runs that are shown, or asked for. */
  private shown = "";

  constructor(parts: ProcessLanesParts) {
    this.parts = parts;
    this.size.observe(this.element);
  }

  /** Shows the records of other runs than before. A run that records has none yet. */
  show(choice: RunChoice): void {
    const wanted = JSON.stringify([choice.view, choice.runs.map(({ id, live }) => [id, live])]);
    if (wanted === this.shown) return;
    this.shown = wanted;
    this.load(choice)
      .then((views) => {
        if (wanted === this.shown) this.fill(views);
      })
      .catch(this.parts.onError);
  }

  update(): void {
    for (const view of this.views) view.update();
  }

  showCursor(x: number | undefined): void {
    for (const view of this.views) view.showCursor(x);
  }

  private fill(views: readonly ProcessView[]): void {
    this.views = views;
    this.element.hidden = views.length === 0;
    const lanes = el("div", { class: "lanes" }, ...views.map(({ element }) => element));
    this.element.replaceChildren(el("h2", {}, "Processes"), lanes);
    this.update();
  }

  private async load(choice: RunChoice): Promise<ProcessView[]> {
    const positions = positionsOf(choice);
    const names = namesOf(choice.runs);
    const made = choice.runs.map(async (run, at) => {
      const list = run.live ? null : await this.parts.source.processes(run.id);
      if (!list || list.bars.length === 0) return [];
      const originMs = positions.get(run.id)?.originMs ?? 0;
      const { shared, onWheel, onHover } = this.parts;
      const idle = (range: Range, pixels: number) => this.idleCores(run, originMs, { range, pixels });
      const title = choice.view === "one" ? "" : names[at]!;
      return [new ProcessView({ list, run, originMs, title, cpus: cpusOf(run), shared, onWheel, onHover, idle })];
    });
    return (await Promise.all(made)).flat();
  }

  /** Returns the idle cores of the machine; undefined: the run did not record them. */
  private async idleCores(
    run: RunInfo,
    originMs: number,
    { range, pixels }: { readonly range: Range; readonly pixels: number },
  ): Promise<LinePoints | undefined> {
    const series = run.series.flatMap(({ name, labels }, index) =>
      name === MACHINE.cpuSeconds.name && labels.mode === "idle" ? [index] : [],
    );
    if (series.length === 0) return undefined;
    const [fromMs, toMs] = [originMs + range.from * 1000, originMs + range.to * 1000];
    const request = { lines: [{ series, as: "rate" as const }], fromMs, toMs, pixels: Math.max(1, Math.round(pixels)) };
    const [points] = await this.parts.source.points(run.id, request);
    return points && fromOrigin(points, originMs);
  }
}

/** The number of the machine's CPUs. */
function cpusOf({ facts, series }: RunInfo): number {
  const known = Number(facts.find(([fact]) => fact === "cpus")?.[1] ?? 0);
  const seen = new Set(series.flatMap(({ name, labels }) => (name === MACHINE.cpuSeconds.name ? [labels.cpu] : [])));
  return known || seen.size || 1;
}
