import { WALL_TIME_PARTS, type WallTimePart, wholePercents } from "../../src/recording/wall-time.ts";
import type { RunInfo, WallTimeInfo } from "../data/model.ts";
import { el } from "./dom.ts";

const NAMES: Readonly<Record<WallTimePart, string>> = {
  running: "running",
  cpu: "waiting for a CPU",
  disk: "waiting for a disk",
  memory: "waiting for memory",
  sleeping: "sleeping",
};

/** The size of the drawing; it is stretched over the page's width. */
const WIDTH = 1000;
const HEIGHT = 100;

/** Makes the strip that stacks where the command's time went up to 100 %, with its parts by name; undefined: not known. */
export function wallLane({ known: { wallTime }, command }: RunInfo): HTMLElement | undefined {
  if (!wallTime || !command) return undefined;
  const whole = wholePercents(byPart(wallTime.shares));
  const shown = WALL_TIME_PARTS.filter((part) => wallTime.shares[WALL_TIME_PARTS.indexOf(part)]! > 0);
  // What waits were not seen, the same words in the summary say so.
  const nameOf = (part: WallTimePart) =>
    part === "sleeping" && !wallTime.areWaitsSeen ? "sleeping, or waits not seen" : NAMES[part];
  const texts = shown.map((part) => `${nameOf(part)} ${whole[part] === 0 ? "<1" : whole[part]} %`);
  const labels = shown.map((part, at) =>
    el("li", {}, el("span", { class: `swatch block wall-${part}`, "aria-hidden": "true" }), texts[at]),
  );
  return el(
    "figure",
    { class: "wall" },
    drawing(wallTime, command, `Where its time went: ${texts.join(", ")}`),
    el("figcaption", {}, el("ul", { class: "wall-parts" }, ...labels)),
  );
}

function byPart(shares: readonly number[]): Record<WallTimePart, number> {
  const [running = 0, cpu = 0, disk = 0, memory = 0, sleeping = 0] = shares;
  return { running, cpu, disk, memory, sleeping };
}

function drawing({ course }: WallTimeInfo, command: NonNullable<RunInfo["command"]>, label: string): Element {
  const image = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" });
  image.setAttribute("role", "img");
  image.setAttribute("aria-label", label);
  const x = (atMs: number) => ((atMs - command.fromMs) / (command.toMs - command.fromMs || 1)) * WIDTH;
  WALL_TIME_PARTS.forEach((part, layer) => {
    const boxes = course.map(({ fromMs, toMs, shares }) => {
      const below = shares.slice(0, layer).reduce((sum, share) => sum + share, 0);
      const height = (shares[layer] ?? 0) * HEIGHT;
      if (height === 0) return "";
      const top = HEIGHT - below * HEIGHT - height;
      return `M${short(x(fromMs))} ${short(top)}H${short(x(toMs))}v${short(height)}H${short(x(fromMs))}z`;
    });
    image.append(svg("path", { class: `wall-${part}`, d: boxes.join("") }));
  });
  return image;
}

function svg(tag: string, attributes: Readonly<Record<string, string>>): Element {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function short(value: number): string {
  return String(Number(value.toFixed(2)));
}
