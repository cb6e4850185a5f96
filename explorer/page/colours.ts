import type { Hue } from "./panels.ts";

/** The colours of charts, which a canvas must be told: those of the style sheet, in the theme of the moment. */
export interface Colours {
  readonly text: string;
  readonly grid: string;
  readonly surface: string;
  readonly outside: string;
  readonly mark: string;
  readonly limit: string;
  line(hue: Hue): string;
  /** The same, pale: what lies below a line. It hides what is under it. */
  area(hue: Hue): string;
}

/** Reads the colours anew; called when the theme has changed. */
export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const surface = read("surface");
  const areas = new Map<Hue, string>();
  return {
    text: read("dim"),
    grid: read("grid"),
    surface,
    outside: read("outside"),
    mark: read("mark"),
    limit: read("limit"),
    line: (hue) => read(hue),
    area(hue) {
      const known = areas.get(hue) ?? mixed(read(hue), surface, 0.45);
      areas.set(hue, known);
      return known;
    },
  };
}

/** So much of one colour in another; both as `#rrggbb` or `#rgb`. */
function mixed(colour: string, into: string, part: number): string {
  const [over, under] = [channels(colour), channels(into)];
  const mix = over.map((value, at) => Math.round(value * part + (under[at] as number) * (1 - part)));
  return `#${mix.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

function channels(colour: string): number[] {
  const digits = colour.length === 4 ? colour.replace(/[0-9a-f]/gi, "$&$&") : colour;
  return [1, 3, 5].map((at) => Number.parseInt(digits.slice(at, at + 2), 16));
}
