import { button, el } from "./dom.ts";
import type { Range } from "./page-state.ts";
import type { Annotations, EventAt } from "./run-choice.ts";
import { duration, elapsed } from "./time-format.ts";

/** A phase with a smaller share of the width has no room for its name. */
const LEAST_NAMED_SHARE = 0.12;

export interface TimelineParts {
  readonly annotations: Annotations;
  readonly all: Range;
  readonly onZoom: (range: Range | undefined) => void;
  readonly onPin: (x: number) => void;
}

/** The whole run as a strip: its phases, its events, and the visible range. */
export class Timeline {
  readonly element: HTMLElement;
  private readonly all: Range;
  private readonly window: HTMLElement;

  constructor({ annotations, all, onZoom, onPin }: TimelineParts) {
    this.all = all;
    this.window = el("div", { class: "window", "aria-hidden": "true" });
    const phases = phasesOf(annotations, all).map(({ name, kind, range }) => {
      const length = duration(range.to - range.from);
      const isWide = (range.to - range.from) / (all.to - all.from) > LEAST_NAMED_SHARE;
      const phase = button(isWide ? `${name} ${length}` : "", () => onZoom(range), {
        "aria-label": `${name} ${length}`,
        class: `phase ${kind}`,
        title: `${name}: ${length}; click to zoom in`,
      });
      this.place(phase, range);
      return phase;
    });
    const events = annotations.events.map((one) => this.eventButton(one, onPin));
    this.element = el("div", { class: "timeline", role: "group", "aria-label": "Phases and events" }, ...phases);
    this.element.append(el("div", { class: "events" }, ...events), this.window);
  }

  show({ from, to }: Range): void {
    this.place(this.window, { from, to });
    const { from: first, to: last } = this.all;
    this.window.hidden = from <= first && to >= last;
  }

  private eventButton({ at, text }: EventAt, onPin: (x: number) => void): HTMLElement {
    const words = `${text} at ${elapsed(at, 0.01)}`;
    const event = button("", () => onPin(at), { class: "event", title: words, "aria-label": words });
    event.style.left = `${this.percent(at)}%`;
    return event;
  }

  private place(element: HTMLElement, { from, to }: Range): void {
    element.style.left = `${this.percent(from)}%`;
    element.style.width = `${Math.max(0, this.percent(to) - this.percent(from))}%`;
  }

  private percent(x: number): number {
    const { from, to } = this.all;
    return Math.min(100, Math.max(0, ((x - from) / (to - from || 1)) * 100));
  }
}

/** Returns the phases before, during and after the command, and those that it marked; without empty ones. */
function phasesOf(
  { running, phases: marked }: Annotations,
  all: Range,
): { name: string; kind: string; range: Range }[] {
  if (!running) return [{ name: "before", kind: "before", range: all }];
  const start = { from: running.from, to: marked[0]?.from ?? running.to };
  const phases = [
    { name: "before", kind: "before", range: { from: all.from, to: running.from } },
    { name: "running", kind: "running", range: start },
    ...marked.map(({ phase, from, to }) => ({ name: phase, kind: "running", range: { from, to } })),
    { name: "after", kind: "after", range: { from: running.to, to: all.to } },
  ];
  return phases.filter(({ range }) => range.to > range.from);
}
