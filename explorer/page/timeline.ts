import { button, el } from "./dom.ts";
import type { Mark, Marks } from "./marks.ts";
import type { Range } from "./state.ts";
import { duration, elapsed } from "./time-text.ts";

/** A phase that is narrower has no room for words. */
const LEAST_WORDED_PART = 0.12;

export interface TimelineParts {
  readonly marks: Marks;
  readonly all: Range;
  readonly onZoom: (range: Range | undefined) => void;
  readonly onPin: (x: number) => void;
}

/** The whole run as one strip: its phases, its events, and what of it is in sight. */
export class Timeline {
  readonly element: HTMLElement;
  private readonly _all: Range;
  private readonly window: HTMLElement;

  constructor({ marks, all, onZoom, onPin }: TimelineParts) {
    this._all = all;
    this.window = el("div", { class: "window", "aria-hidden": "true" });
    const phases = phasesOf(marks, all).map(({ name, range }) => {
      const length = duration(range.to - range.from);
      const isWide = (range.to - range.from) / (all.to - all.from) > LEAST_WORDED_PART;
      const phase = button(isWide ? `${name} ${length}` : "", () => onZoom(range), {
        "aria-label": `${name} ${length}`,
        class: `phase ${name}`,
        title: `${name}: ${length}; click to zoom to it`,
      });
      this.place(phase, range);
      return phase;
    });
    const events = marks.events.map((mark) => this.event(mark, onPin));
    this.element = el("div", { class: "timeline", role: "group", "aria-label": "Phases and events" }, ...phases);
    this.element.append(el("div", { class: "events" }, ...events), this.window);
  }

  show({ from, to }: Range): void {
    this.place(this.window, { from, to });
    const { from: first, to: last } = this._all;
    this.window.hidden = from <= first && to >= last;
  }

  private event(mark: Mark, onPin: (x: number) => void): HTMLElement {
    const words = `${mark.text} at ${elapsed(mark.at, 0.01)}`;
    const event = button("", () => onPin(mark.at), { class: "event", title: words, "aria-label": words });
    event.style.left = `${this.part(mark.at)}%`;
    return event;
  }

  private place(element: HTMLElement, { from, to }: Range): void {
    element.style.left = `${this.part(from)}%`;
    element.style.width = `${Math.max(0, this.part(to) - this.part(from))}%`;
  }

  private part(x: number): number {
    const { from, to } = this._all;
    return Math.min(100, Math.max(0, ((x - from) / (to - from || 1)) * 100));
  }
}

/** Before, while and after the command ran; a phase that has no time is left out. */
export function phasesOf({ running }: Marks, all: Range): { name: string; range: Range }[] {
  if (!running) return [{ name: "before", range: all }];
  const phases = [
    { name: "before", range: { from: all.from, to: running.from } },
    { name: "running", range: running },
    { name: "after", range: { from: running.to, to: all.to } },
  ];
  return phases.filter(({ range }) => range.to > range.from);
}
