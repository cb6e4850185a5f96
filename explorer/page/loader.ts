import type { DataSource, LinePoints, LineRequest } from "../data/model.ts";
import { type ChartPoints, fromOrigin, NO_POINTS } from "./lines-data.ts";
import type { PanelView } from "./panel-view.ts";
import { requestsOf } from "./plan.ts";
import type { Range } from "./state.ts";

/** Where a run is on the page's time axis, milliseconds since the epoch. */
export interface Placement {
  /** Its 0 s. */
  readonly originMs: number;
  /** Its first sample, and its command's. */
  readonly beginningsMs: readonly number[];
}

export interface LoaderParts {
  readonly source: DataSource;
  readonly placementOf: (run: string) => Placement;
  readonly range: () => Range;
  /** Told what went wrong; `undefined`: nothing any more. */
  readonly onError: (error: unknown) => void;
}

/** Panels out of sight wait until nothing has moved for so long, and come so many at a time. */
const QUIET_MS = 250;
const PANELS_OUT_OF_SIGHT = 6;

/** A request and what becomes of its answer. */
interface Wish {
  readonly request: LineRequest;
  answer: LinePoints;
}

/**
 * Asks for the points of panels, those in sight first: one request a run. What was answered is shown until the next
 * answer is there; of the wishes that come while one is under way only the last counts.
 */
export class Loader {
  private readonly parts: LoaderParts;
  private panels: readonly PanelView[] = [];
  private frame = 0;
  private busy = false;
  private again = false;
  /** Grows with each change of the range: an answer to an earlier one leaves its panels stale. */
  private version = 0;
  private changedAt = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: LoaderParts) {
    this.parts = parts;
  }

  setPanels(panels: readonly PanelView[]): void {
    this.panels = panels;
    this.invalidate();
    // Nobody has moved anything yet.
    this.changedAt = Number.NEGATIVE_INFINITY;
  }

  /** What is shown is of another range, or of fewer points than there are. */
  invalidate(): void {
    this.version++;
    this.changedAt = performance.now();
    for (const panel of this.panels) panel.stale = true;
    this.wake();
  }

  /** Loads what is stale, at the next frame. */
  wake(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.next());
  }

  private next(): void {
    this.frame = 0;
    if (this.busy) {
      this.again = true;
      return;
    }
    const stale = this.panels.filter((panel) => panel.stale);
    const near = stale.filter((panel) => panel.near);
    if (stale.length > 0 && near.length === 0 && !this.isQuiet()) return;
    const wanted = near.length > 0 ? near : stale.slice(0, PANELS_OUT_OF_SIGHT);
    if (wanted.length === 0) return;
    this.busy = true;
    this.load(wanted, this.version)
      .catch(this.parts.onError)
      .finally(() => {
        this.busy = false;
        if (this.again || this.panels.some((panel) => panel.stale)) this.wake();
        this.again = false;
      });
  }

  /** Whether nothing has moved for a while; else it is looked again when that may be so. */
  private isQuiet(): boolean {
    const waitMs = this.changedAt + QUIET_MS - performance.now();
    if (waitMs <= 0) return true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), waitMs);
    return false;
  }

  private async load(panels: readonly PanelView[], version: number): Promise<void> {
    const wishes = new Map<string, Wish[]>();
    const wish = (run: string, request: LineRequest) => {
      const made: Wish = { request, answer: NO_POINTS };
      wishes.set(run, [...(wishes.get(run) ?? []), made]);
      return made;
    };
    const filled = panels.map((panel) => {
      const { lines } = panel.plan;
      const { own, drawn } = requestsOf(lines);
      const runOf = (at: number) => lines[at]?.run ?? "";
      const ownWishes = own.map((request, at) => wish(runOf(at), request));
      const drawnWishes = drawn.map((request, at) => (request === own[at] ? ownWishes[at]! : wish(runOf(at), request)));
      return { panel, ownWishes, drawnWishes };
    });
    try {
      const pixels = Math.max(100, ...panels.map(({ width }) => width));
      await Promise.all([...wishes].map(([run, all]) => this.ask(run, all, pixels)));
    } catch (error) {
      // They would be asked for again and again.
      for (const panel of panels) panel.stale = false;
      throw error;
    }
    for (const { panel, ownWishes, drawnWishes } of filled) {
      const points = (all: readonly Wish[]) => all.map(({ answer }) => answer);
      const beginnings = panel.plan.lines.map(({ run }) => this.beginnings(run));
      const chart: ChartPoints = { own: points(ownWishes), drawn: points(drawnWishes), beginnings };
      panel.setPoints(chart);
      panel.stale = version !== this.version;
    }
  }

  private async ask(run: string, wishes: readonly Wish[], pixels: number): Promise<void> {
    const { originMs } = this.parts.placementOf(run);
    const { from, to } = this.parts.range();
    const request = {
      lines: wishes.map((one) => one.request),
      fromMs: originMs + from * 1000,
      toMs: originMs + to * 1000,
      pixels,
    };
    const answers = await this.parts.source.points(run, request);
    for (const [at, one] of wishes.entries()) one.answer = fromOrigin(answers[at] ?? NO_POINTS, originMs);
  }

  private beginnings(run: string): number[] {
    const { originMs, beginningsMs } = this.parts.placementOf(run);
    return beginningsMs.map((atMs) => (atMs - originMs) / 1000);
  }
}
