import type { LinePoints } from "../data/model.ts";
import type { ProcessBar, ProcessList } from "../processes/process-list.ts";
import type { SharedView } from "./chart.ts";
import { FONT_FAMILY } from "./chart-drawing.ts";
import type { Range } from "./page-state.ts";
import type { Hue } from "./panels.ts";
import type { CurvePlace } from "./process-curve.ts";
import type { ProcessRows } from "./process-rows.ts";
import { type Shade, shadesOf } from "./process-shades.ts";
import { elapsed, TIME_STEPS } from "./time-format.ts";

/** The height of a row, and of the idle cores above the rows, in CSS pixels. */
export const ROW_PX = 18;
export const HEAD_PX = 46;
/** The charts' own distances: so the time axis is the same. */
const LEFT_PX = 64;
const RIGHT_PX = 26;
const AXIS_PX = 16;
const LEAST_LABELLED_PX = 90;
/** Narrower parts of the critical path are not joined: lines beside lines would hide the bars. */
const LEAST_JOINED_PX = 5;
/** Half the width of a label of the axis. */
const LABEL_PX = 16;
/** A bar that is narrower has no room for a name. */
const LEAST_NAMED_PX = 34;
/** How dark a bar is that used no CPU; one that kept a core busy is full. */
const LEAST_SHADE = 0.3;
/** Narrower parts of a bar are not told apart. */
const LEAST_SHADE_PX = 0.5;
/** Of bars that a search has not found. */
const FADED = 0.1;

/** What is drawn. */
export interface Scene extends SharedView {
  readonly list: ProcessList;
  readonly rows: ProcessRows;
  readonly hues: ReadonlyMap<string, Hue>;
  /** Undefined: nothing is searched. */
  readonly found: ReadonlySet<number> | undefined;
  readonly collapsed: ReadonlySet<number>;
  readonly selected: number;
  readonly cursor: number | undefined;
  /** The time of 0 s, and the end of bars without one. */
  readonly originMs: number;
  readonly untilMs: number;
  /** In seconds from the start; undefined: not known. */
  readonly idle: LinePoints | undefined;
  readonly cpus: number;
  readonly scrolledPx: number;
  /** The width of the scroll bar beside the canvas. */
  readonly barPx: number;
}

/** Draws the visible rows of processes. */
export class ProcessDrawing {
  /** How many bars the last frame drew. */
  drawnBars = 0;
  private readonly ctx: CanvasRenderingContext2D;
  private scene!: Scene;
  /** Of the bars that were drawn, by their index. */
  private readonly shades = new Map<number, readonly Shade[]>();
  private width = 0;
  private height = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.ctx = canvas.getContext("2d")!;
  }

  draw(scene: Scene, width: number, height: number): void {
    const ratio = devicePixelRatio;
    const { canvas, ctx } = this;
    this.scene = scene;
    [this.width, this.height] = [width, height];
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.globalAlpha = 1;
    ctx.clearRect(0, 0, width, height);
    ctx.font = `11px ${FONT_FAMILY}`;
    ctx.textBaseline = "middle";
    ctx.save();
    ctx.beginPath();
    ctx.rect(LEFT_PX, 0, this.plotPx, height);
    ctx.clip();
    this.drawGrid();
    this.drawBars();
    this.drawPath();
    this.drawHead();
    this.drawCursor();
    ctx.restore();
    this.drawScale();
  }

  /** Returns the time at a place on the screen, in seconds from the start. */
  timeAt(x: number): number {
    const { from, to } = this.scene.range;
    return from + ((x - LEFT_PX) / this.plotPx) * (to - from);
  }

  /** Returns the bar at a place on the screen; -1: there is none. */
  barAt(x: number, y: number): number {
    const { rows, scrolledPx } = this.scene;
    if (y < HEAD_PX) return -1;
    const own = rows.byRow[Math.floor((y - HEAD_PX + scrolledPx) / ROW_PX)] ?? [];
    return (
      own.findLast((index) => x >= this.left(index) - 1 && x <= Math.max(this.right(index), this.left(index) + 2)) ?? -1
    );
  }

  /** Where a curve below the rows has the same times. */
  get curvePlace(): CurvePlace {
    const { colours } = this.scene;
    return { leftPx: LEFT_PX, width: LEFT_PX + this.plotPx, x: (atMs) => this.xOf(atMs), colours };
  }

  private get plotPx(): number {
    return this.width - LEFT_PX - Math.max(0, RIGHT_PX - this.scene.barPx);
  }

  private x(seconds: number): number {
    const { from, to } = this.scene.range;
    return LEFT_PX + ((seconds - from) / (to - from)) * this.plotPx;
  }

  private xOf(atMs: number): number {
    return this.x((atMs - this.scene.originMs) / 1000);
  }

  private left(index: number): number {
    return this.xOf(this.scene.list.bars[index]!.startMs);
  }

  private right(index: number): number {
    return this.xOf(endOf(this.scene.list.bars[index]!, this.scene.untilMs));
  }

  private top(row: number): number {
    return HEAD_PX + row * ROW_PX - this.scene.scrolledPx;
  }

  private drawGrid(): void {
    const { ctx, scene } = this;
    ctx.strokeStyle = scene.colours.grid;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const at of splitsOf(scene.range, this.width)) {
      const x = Math.round(this.x(at)) + 0.5;
      ctx.moveTo(x, AXIS_PX);
      ctx.lineTo(x, this.height);
    }
    ctx.stroke();
  }

  private drawBars(): void {
    const { rows, scrolledPx } = this.scene;
    this.drawnBars = 0;
    const first = Math.floor(scrolledPx / ROW_PX);
    const last = Math.min(rows.count, Math.ceil((scrolledPx + this.height - HEAD_PX) / ROW_PX));
    for (let row = first; row < last; row++) {
      // Of bars within one pixel, one is visible.
      let drawnTo = Number.NEGATIVE_INFINITY;
      for (const index of rows.byRow[row]!) {
        const right = Math.max(this.right(index), this.left(index) + 1);
        if (right < LEFT_PX || this.left(index) > this.width || right <= drawnTo) continue;
        drawnTo = Math.ceil(right);
        this.drawBar(index, row);
      }
    }
  }

  private drawBar(index: number, row: number): void {
    const { ctx, scene } = this;
    const bar = scene.list.bars[index]!;
    const [left, right] = [Math.max(LEFT_PX - 2, this.left(index)), Math.min(this.width, this.right(index))];
    const [top, width] = [this.top(row) + 1, Math.max(1, right - left)];
    const isFaded = scene.found !== undefined && !scene.found.has(index);
    const hue = scene.hues.get(bar.name) ?? "grey";
    ctx.globalAlpha = isFaded ? FADED : LEAST_SHADE;
    ctx.fillStyle = scene.colours.line(hue);
    const drawn = width - (width > 3 ? 0.5 : 0);
    ctx.fillRect(left, top, drawn, ROW_PX - 3);
    if (!isFaded) this.shade(index, left, top, drawn);
    ctx.globalAlpha = isFaded ? 2 * FADED : 1;
    this.drawnBars++;
    if (index === scene.selected) {
      ctx.strokeStyle = scene.colours.text;
      ctx.lineWidth = 2;
      ctx.strokeRect(left + 1, top, Math.max(2, width - 2), ROW_PX - 3);
    }
    if (width < LEAST_NAMED_PX) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width - 3, ROW_PX);
    ctx.clip();
    ctx.fillStyle = scene.colours.strong;
    ctx.textAlign = "left";
    ctx.fillText(`${scene.collapsed.has(index) ? "▸ " : ""}${bar.name}`, left + 4, top + ROW_PX / 2 - 1);
    ctx.restore();
  }

  /** The more of a core a process used at a time, the fuller its bar is there. */
  private shade(index: number, left: number, top: number, width: number): void {
    const { ctx } = this;
    let drawnTo = left;
    for (const { fromMs, toMs, cores } of this.shadesOf(index)) {
      const to = Math.min(left + width, Math.max(this.xOf(toMs), drawnTo + LEAST_SHADE_PX));
      if (cores <= 0 || to <= drawnTo) continue;
      const from = Math.max(drawnTo, this.xOf(fromMs));
      if (from >= left + width) return;
      // On the least shade: together they are as full as they are to be.
      ctx.globalAlpha = Math.min(1, cores);
      ctx.fillRect(from, top, to - from, ROW_PX - 3);
      drawnTo = to;
    }
  }

  private shadesOf(index: number): readonly Shade[] {
    const { list, untilMs } = this.scene;
    const known = this.shades.get(index);
    if (known) return known;
    const bar = list.bars[index]!;
    const made = shadesOf(bar, list.use, endOf(bar, untilMs));
    this.shades.set(index, made);
    return made;
  }

  /** Underlines the processes that the run waited for, and joins one to the next. */
  private drawPath(): void {
    const { ctx, scene } = this;
    ctx.globalAlpha = 1;
    ctx.strokeStyle = ctx.fillStyle = scene.colours.limit;
    ctx.lineWidth = 1;
    ctx.beginPath();
    let before: { x: number; y: number } | undefined;
    for (const { bar, fromMs, toMs } of scene.list.path) {
      const row = scene.rows.rows[bar]!;
      if (row < 0) continue;
      const y = this.top(row) + ROW_PX - 2;
      const [from, to] = [this.xOf(fromMs), this.xOf(toMs)];
      if (to >= LEFT_PX && from <= this.width) {
        ctx.fillRect(from, y - 1.5, Math.max(1, to - from), 2.5);
        if (before && to - from >= LEAST_JOINED_PX && Math.abs(before.x - from) < 3 && before.y !== y) {
          ctx.moveTo(Math.round(from) + 0.5, before.y);
          ctx.lineTo(Math.round(from) + 0.5, y);
        }
      }
      before = { x: to, y };
    }
    ctx.stroke();
  }

  /** Draws the time axis, and the idle cores above the rows, which scroll below them. */
  private drawHead(): void {
    const { ctx, scene } = this;
    const { colours, idle, cpus, range } = scene;
    ctx.fillStyle = colours.surface;
    ctx.fillRect(0, 0, this.width, HEAD_PX);
    ctx.fillStyle = colours.text;
    ctx.textAlign = "center";
    const splits = splitsOf(range, this.width);
    const step = splits.length > 1 ? splits[1]! - splits[0]! : 1;
    const isWhole = (x: number) => x > LEFT_PX + LABEL_PX && x < LEFT_PX + this.plotPx - LABEL_PX;
    for (const at of splits) if (isWhole(this.x(at))) ctx.fillText(elapsed(at, step), this.x(at), AXIS_PX / 2);
    const [top, bottom] = [AXIS_PX + 2, HEAD_PX - 4];
    ctx.fillStyle = colours.line("green");
    ctx.globalAlpha = 0.5;
    for (let at = 1; at < (idle?.times.length ?? 0); at++) {
      const value = idle!.values[at]!;
      if (Number.isNaN(value)) continue;
      const [from, to] = [this.x(idle!.times[at - 1]!), this.x(idle!.times[at]!)];
      const height = (Math.min(value, cpus) / cpus) * (bottom - top);
      ctx.fillRect(from, bottom - height, Math.max(1, to - from), height);
    }
    ctx.globalAlpha = 1;
    ctx.fillStyle = colours.grid;
    ctx.fillRect(0, HEAD_PX - 3, this.width, 1);
  }

  private drawScale(): void {
    const { ctx, scene } = this;
    if (!scene.idle) return;
    ctx.fillStyle = scene.colours.text;
    ctx.textAlign = "right";
    ctx.fillText("idle cores", LEFT_PX - 6, AXIS_PX + 8);
    ctx.fillText(`of ${scene.cpus}`, LEFT_PX - 6, AXIS_PX + 20);
  }

  private drawCursor(): void {
    const { ctx, scene } = this;
    if (scene.cursor === undefined) return;
    ctx.fillStyle = scene.colours.text;
    ctx.fillRect(Math.round(this.x(scene.cursor)), AXIS_PX, 1, this.height);
  }
}

/** Returns the end of a bar, in milliseconds. */
export function endOf({ startMs, endMs }: ProcessBar, untilMs: number): number {
  return Math.max(startMs, endMs ?? untilMs);
}

/** Returns the labelled times of the axis. */
function splitsOf({ from, to }: Range, width: number): number[] {
  const step = TIME_STEPS.find((one) => (one / (to - from)) * (width - LEFT_PX) >= LEAST_LABELLED_PX) ?? to - from;
  const splits: number[] = [];
  for (let n = Math.ceil(from / step); n * step <= to; n++) splits.push(Number((n * step).toFixed(6)));
  return splits;
}
