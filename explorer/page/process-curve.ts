import { quantity } from "../../src/recording/quantities.ts";
import type { ProcessBar, ProcessUse } from "../processes/process-list.ts";
import { type Colours, FONT_FAMILY } from "./chart-drawing.ts";
import { el } from "./dom.ts";
import type { Hue } from "./panels.ts";
import { ownUse } from "./process-use-text.ts";

/** The height of CPU and memory each, with the space below, and of what is drawn of it, in CSS pixels. */
const TRACK_PX = 52;
const DRAWN_PX = 44;

/** Where the curves are drawn: as the bars above them. */
export interface CurvePlace {
  readonly leftPx: number;
  readonly width: number;
  readonly x: (atMs: number) => number;
  readonly colours: Colours;
}

/** CPU and memory of one process in the course of the run, in front of those of all. */
export class ProcessCurve {
  readonly element = el("canvas", { hidden: "", "aria-hidden": "true" });

  draw(bar: ProcessBar | undefined, use: ProcessUse | null, hue: Hue, place: CurvePlace): void {
    const { element: canvas } = this;
    canvas.hidden = !bar?.use;
    if (!bar?.use || !use) return;
    const { leftPx, width, x, colours } = place;
    const ratio = devicePixelRatio;
    canvas.style.width = `${width}px`;
    canvas.width = width * ratio;
    canvas.height = 2 * TRACK_PX * ratio;
    const ctx = canvas.getContext("2d")!;
    ctx.scale(ratio, ratio);
    ctx.font = `11px ${FONT_FAMILY}`;
    ctx.textAlign = "right";
    const tracks = [
      ["cores", 1e-3, use.milliCores, "milliCores"],
      ["bytes", 1024, use.kib, "kib"],
    ] as const;
    for (const [row, [unit, scale, all, key]] of tracks.entries()) {
      const most = Math.max(1, ...all);
      const bottom = row * TRACK_PX + DRAWN_PX;
      const step = (fromMs: number, toMs: number, amount: number) => {
        const [from, to] = [Math.max(leftPx, x(fromMs)), Math.min(width, x(toMs))];
        const height = (Math.min(amount, most) / most) * DRAWN_PX;
        if (to > from && height > 0) ctx.fillRect(from, bottom - height, Math.max(1, to - from), height);
      };
      ctx.fillStyle = colours.text;
      ctx.fillText(row > 0 ? "memory" : "CPU", leftPx - 6, bottom - 28);
      ctx.fillText(quantity(most * scale, unit), leftPx - 6, bottom - 14);
      ctx.fillStyle = colours.line("grey");
      ctx.globalAlpha = 0.35;
      for (const [at, amount] of all.entries()) step(use.timesMs[at - 1] ?? use.fromMs, use.timesMs[at]!, amount);
      ctx.fillStyle = colours.line(hue);
      ctx.globalAlpha = 1;
      for (const one of ownUse(bar, use)) step(one.fromMs, one.toMs, one[key]);
    }
  }
}
