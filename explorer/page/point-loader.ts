import type { DataSource, LinePoints, LineRequest } from "../data/model.ts";
import { fromOrigin, NO_POINTS } from "./chart-data.ts";
import { type Derived, requestsOf } from "./chart-plan.ts";
import type { ChartView } from "./chart-view.ts";
import type { Range } from "./page-state.ts";
import type { RunPosition } from "./run-choice.ts";

export interface LoaderParts {
  readonly source: DataSource;
  readonly positionOf: (run: string) => RunPosition;
  readonly range: () => Range;
  readonly onError: (error: unknown) => void;
}

/** Charts out of sight are loaded when nothing has changed for this time, a few at a time. */
const QUIET_MS = 250;
const CHARTS_OUT_OF_SIGHT = 6;

/** The smallest number of parts to divide the range into: a chart that is not laid out yet has no width. */
const LEAST_PIXELS = 100;

/** A line's request, and its answer when that has arrived. */
interface Pending {
  readonly request: LineRequest;
  answer: LinePoints;
}

/**
 * Loads the points of charts, those in sight first, with one request for each run. Until an answer arrives, charts show the
 * earlier points. Changes during a request cause one more request afterwards.
 */
export class PointLoader {
  private readonly parts: LoaderParts;
  private charts: readonly ChartView[] = [];
  private frame = 0;
  private busy = false;
  private again = false;
  /** Grows with each change of the range: an answer for an earlier version leaves its charts stale. */
  private version = 0;
  private changedAt = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: LoaderParts) {
    this.parts = parts;
  }

  setCharts(charts: readonly ChartView[]): void {
    this.charts = charts;
    this.mark();
    // New charts are loaded at once, also those out of sight.
    this.changedAt = Number.NEGATIVE_INFINITY;
    this.wake();
  }

  /** Marks all charts as stale: the range has changed, or the runs have more points. */
  invalidate(): void {
    this.mark();
    // The request is on its way while the charts draw the earlier points in the new range.
    this.next();
  }

  private mark(): void {
    this.version++;
    this.changedAt = performance.now();
    for (const chart of this.charts) chart.stale = true;
  }

  /** Loads stale charts at the next animation frame. */
  wake(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.next());
  }

  private next(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.busy) {
      this.again = true;
      return;
    }
    const stale = this.charts.filter((chart) => chart.stale);
    const near = stale.filter((chart) => chart.near);
    if (stale.length > 0 && near.length === 0 && !this.isQuiet()) return;
    const wanted = near.length > 0 ? near : stale.slice(0, CHARTS_OUT_OF_SIGHT);
    if (wanted.length === 0) return;
    this.busy = true;
    this.load(wanted, this.version)
      .catch(this.parts.onError)
      .finally(() => {
        this.busy = false;
        if (this.again || this.charts.some((chart) => chart.stale)) this.wake();
        this.again = false;
      });
  }

  /** Whether nothing has changed for a while. If not, wakes the loader when that may be so. */
  private isQuiet(): boolean {
    const waitMs = this.changedAt + QUIET_MS - performance.now();
    if (waitMs <= 0) return true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), waitMs);
    return false;
  }

  private async load(charts: readonly ChartView[], version: number): Promise<void> {
    const byRun = new Map<string, Pending[]>();
    const add = (run: string, request: LineRequest) => {
      const pending: Pending = { request, answer: NO_POINTS };
      byRun.set(run, [...(byRun.get(run) ?? []), pending]);
      return pending;
    };
    // Lines that are derived from the same ones share their points.
    const known = new Map<string, readonly Pending[]>();
    const addAll = ({ from }: Derived) => {
      const key = JSON.stringify(from);
      const all = known.get(key) ?? from.map(({ run, request }) => add(run, request));
      known.set(key, all);
      return all;
    };
    const pendingCharts = charts.map((chart) => {
      const { lines } = chart.plan;
      if (lines[0]?.derived) {
        const sources = lines.map(({ derived }) => (derived ? addAll(derived) : []));
        return { chart, own: [], drawn: [], sources };
      }
      const requests = requestsOf(lines);
      const own = requests.own.map((request, at) => add(lines[at]!.run, request));
      const drawn = requests.drawn.map((request, at) =>
        request === own[at]!.request ? own[at]! : add(lines[at]!.run, request),
      );
      return { chart, own, drawn, sources: [] };
    });
    try {
      const pixels = Math.max(LEAST_PIXELS, ...charts.map(({ width }) => width));
      await Promise.all([...byRun].map(([run, all]) => this.request(run, all, pixels)));
    } catch (error) {
      // A stale chart would be requested again and again.
      for (const chart of charts) chart.stale = false;
      throw error;
    }
    const answersOf = (all: readonly Pending[]) => all.map(({ answer }) => answer);
    for (const { chart, own, drawn, sources } of pendingCharts) {
      // The page may have replaced its charts during the request.
      if (!this.charts.includes(chart)) continue;
      const { lines } = chart.plan;
      const starts = lines.map(({ run }) => this.startsOf(run));
      const range = this.parts.range();
      const derived = sources.map((all, at) => lines[at]!.derived!.combine(answersOf(all), range));
      if (sources.length > 0) chart.setPoints({ own: derived, drawn: derived, starts });
      else chart.setPoints({ own: answersOf(own), drawn: answersOf(drawn), starts });
      chart.stale = version !== this.version;
    }
  }

  private async request(run: string, all: readonly Pending[], pixels: number): Promise<void> {
    const { originMs } = this.parts.positionOf(run);
    const { from, to } = this.parts.range();
    const answers = await this.parts.source.points(run, {
      lines: all.map(({ request }) => request),
      fromMs: originMs + from * 1000,
      toMs: originMs + to * 1000,
      pixels,
    });
    for (const [at, pending] of all.entries()) pending.answer = fromOrigin(answers[at] ?? NO_POINTS, originMs);
  }

  /** Returns when a run and its command started, in seconds from the start of the axis. */
  private startsOf(run: string): number[] {
    const { originMs, startsMs } = this.parts.positionOf(run);
    return startsMs.map((atMs) => (atMs - originMs) / 1000);
  }
}
