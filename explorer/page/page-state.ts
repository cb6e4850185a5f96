/** The part of the page's state that its address holds. A link or a reload shows the same again. */
export interface PageState {
  /** The ids of the shown runs; empty: the page chooses. */
  readonly runs: readonly string[];
  /** The ids of the runs that the others are compared with; empty: of two runs, the first. */
  readonly base: readonly string[];
  /** `overlay`: several runs share their charts; `hosts`: each has its own; undefined: the page chooses. */
  readonly view: "overlay" | "hosts" | undefined;
  /** The zoomed range, in seconds from the start; undefined: the whole run. */
  readonly zoom: Range | undefined;
  /** The position of the pinned cursor, in seconds from the start. */
  readonly pin: number | undefined;
  /** `start`: the axis counts from the start; `wall`: it shows the clock time. */
  readonly clock: "start" | "wall";
  /** Undefined: the theme of the system. */
  readonly theme: "light" | "dark" | undefined;
}

/** A range of the time axis, in seconds from the start. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Reads the state from the part of an address after `#`. Invalid values are ignored. */
export function readState(hash: string): PageState {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const oneOf = <T extends string>(name: string, ...known: readonly T[]) =>
    known.find((one) => one === words.get(name));
  const idsOf = (name: string) => (words.get(name) ?? "").split(",").filter(Boolean);
  const number = (text: string | undefined | null) => (text && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);
  const [from, to] = (words.get("t") ?? "").split("~").map(number);
  const isRange = from !== undefined && to !== undefined && from < to;
  return {
    runs: idsOf("runs"),
    base: idsOf("base"),
    view: oneOf("view", "overlay", "hosts"),
    zoom: isRange ? { from, to } : undefined,
    pin: number(words.get("at")),
    clock: oneOf("clock", "start", "wall") ?? "start",
    theme: oneOf("theme", "light", "dark"),
  };
}

/** Returns the part of an address for a state; empty for the initial state. */
export function writeState({ runs, base, view, zoom, pin, clock, theme }: PageState): string {
  const words: string[] = [];
  const add = (name: string, value: string | undefined) => {
    if (value) words.push(`${name}=${value}`);
  };
  add("runs", runs.map(encodeURIComponent).join(","));
  add("base", base.map(encodeURIComponent).join(","));
  add("view", view);
  add("t", zoom && `${short(zoom.from)}~${short(zoom.to)}`);
  add("at", pin === undefined ? undefined : short(pin));
  add("clock", clock === "start" ? undefined : clock);
  add("theme", theme);
  return words.length === 0 ? "" : `#${words.join("&")}`;
}

/** Rounds to milliseconds, the resolution of a sample's time. */
function short(seconds: number): string {
  return String(Number(seconds.toFixed(3)));
}

/** The narrowest zoom, in seconds. */
const LEAST_ZOOM = 0.01;

/** Moves and scales a zoom, within the whole range `all`; undefined: the result is the whole range. */
export function movedZoom(zoom: Range | undefined, all: Range, { shift = 0, scale = 1 }): Range | undefined {
  const { from, to } = zoom ?? all;
  const width = Math.min(all.to - all.from, Math.max(LEAST_ZOOM, (to - from) * scale));
  const middle = (from + to) / 2 + shift * (to - from);
  const start = Math.min(Math.max(all.from, middle - width / 2), all.to - width);
  return width >= (all.to - all.from) * 0.999 ? undefined : { from: start, to: start + width };
}

/** Cuts a range to the whole one; undefined: it is the whole one. */
export function within({ from, to }: Range, all: Range): Range | undefined {
  const cut = { from: Math.max(all.from, from), to: Math.min(all.to, to) };
  if (cut.to - cut.from >= (all.to - all.from) * 0.999) return undefined;
  return cut.to - cut.from >= LEAST_ZOOM ? cut : movedZoom(cut, all, {});
}
