/** What of the page is kept in its address: a link or a reload shows the same. */
export interface State {
  /** Ids of the runs that are shown; none: as the page sees fit. */
  readonly runs: readonly string[];
  /** Several runs laid over each other, or hosts above one another; undefined: as the page sees fit. */
  readonly view: "overlay" | "hosts" | undefined;
  /** What is zoomed to, seconds from the start; undefined: all of it. */
  readonly zoom: Range | undefined;
  /** Where the cursor was put down, seconds from the start. */
  readonly pin: number | undefined;
  readonly clock: "start" | "wall";
  /** undefined: as the system has it. */
  readonly theme: "light" | "dark" | undefined;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The state of an address's part behind `#`; what cannot be read is as if it were not there. */
export function readState(hash: string): State {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const oneOf = <T extends string>(name: string, ...known: readonly T[]) =>
    known.find((one) => one === words.get(name));
  const number = (text: string | undefined | null) => (text && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);
  const [from, to] = (words.get("t") ?? "").split("~").map(number);
  const isRange = from !== undefined && to !== undefined && from < to;
  return {
    runs: (words.get("runs") ?? "").split(",").filter(Boolean),
    view: oneOf("view", "overlay", "hosts"),
    zoom: isRange ? { from, to } : undefined,
    pin: number(words.get("at")),
    clock: oneOf("clock", "start", "wall") ?? "start",
    theme: oneOf("theme", "light", "dark"),
  };
}

/** The same as text; empty where all is as at first. */
export function writeState({ runs, view, zoom, pin, clock, theme }: State): string {
  const words: string[] = [];
  const add = (name: string, value: string | undefined) => {
    if (value) words.push(`${name}=${value}`);
  };
  add("runs", runs.map(encodeURIComponent).join(","));
  add("view", view);
  add("t", zoom && `${short(zoom.from)}~${short(zoom.to)}`);
  add("at", pin === undefined ? undefined : short(pin));
  add("clock", clock === "start" ? undefined : clock);
  add("theme", theme);
  return words.length === 0 ? "" : `#${words.join("&")}`;
}

/** To the millisecond, which is as fine as a sample's time. */
function short(seconds: number): string {
  return String(Number(seconds.toFixed(3)));
}

/** A zoom moved or widened about its middle, kept within what there is; undefined where that is all of it. */
export function movedZoom(zoom: Range | undefined, all: Range, { shift = 0, scale = 1 }): Range | undefined {
  const { from, to } = zoom ?? all;
  const width = Math.min(all.to - all.from, Math.max(0.01, (to - from) * scale));
  const middle = (from + to) / 2 + shift * (to - from);
  const start = Math.min(Math.max(all.from, middle - width / 2), all.to - width);
  return width >= (all.to - all.from) * 0.999 ? undefined : { from: start, to: start + width };
}
