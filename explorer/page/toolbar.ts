import type { RunInfo } from "../data/model.ts";
import { button, el, table } from "./dom.ts";
import { movedZoom, type PageState, type Range } from "./page-state.ts";
import type { RunChoice } from "./run-choice.ts";
import { runMenu } from "./run-menu.ts";
import { duration, elapsed } from "./time-format.ts";

export interface ToolbarParts {
  readonly state: PageState;
  readonly choice: RunChoice;
  readonly all: readonly RunInfo[];
  readonly set: (change: Partial<PageState>) => void;
  readonly onHelp: () => void;
}

/** The controls, and the position of the cursor or the visible range. */
export class Toolbar {
  readonly element: HTMLElement;
  private readonly position = el("span", { class: "position", "aria-live": "off" });
  private readonly reset: HTMLButtonElement;

  constructor(parts: ToolbarParts) {
    const { set, onHelp } = parts;
    this.reset = button("Whole run", () => set({ zoom: undefined, pin: undefined }), { title: "Esc" });
    this.element = el(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "View" },
      ...runsMenu(parts),
      el("span", { class: "space" }),
      this.position,
      this.reset,
      ...clockSwitch(parts),
      themeSwitch(parts),
      button("?", onHelp, { class: "round", title: "Keys", "aria-label": "Keys" }),
    );
  }

  /** `at`: the time of the cursor. */
  show(range: Range, at: number | undefined, isWhole: boolean): void {
    const span = `${elapsed(range.from, 0.1)} – ${elapsed(range.to, 0.1)} (${duration(range.to - range.from)})`;
    this.position.textContent = at === undefined ? span : `at ${elapsed(at, (range.to - range.from) / 1000)}`;
    this.reset.disabled = isWhole;
  }
}

function clockSwitch({ state, choice, set }: ToolbarParts): HTMLElement[] {
  // Runs of different times cannot share a clock.
  if (choice.view === "overlay") return [];
  const isWall = state.clock === "wall";
  return [
    el(
      "span",
      { class: "switch", role: "group", "aria-label": "Time axis" },
      button("From start", () => set({ clock: "start" }), { "aria-pressed": String(!isWall), title: "t" }),
      button("Clock", () => set({ clock: "wall" }), { "aria-pressed": String(isWall), title: "t" }),
    ),
  ];
}

function themeSwitch({ set }: ToolbarParts): HTMLElement {
  const flip = () => set({ theme: isDark() ? "light" : "dark" });
  return button("◐", flip, { class: "round", title: "Light or dark (d)", "aria-label": "Light or dark" });
}

/** Whether the dark theme is shown: by the reader's choice, or else by the system. */
function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Makes the run list and the choice of a view, if there are several runs. */
function runsMenu({ all, choice, set }: ToolbarParts): HTMLElement[] {
  if (all.length < 2) return [];
  const shown = new Set(choice.runs.map(({ id }) => id));
  const menu = el(
    "details",
    { class: "menu" },
    el("summary", {}, `Runs: ${choice.runs.length} of ${all.length}`),
    runMenu(all, shown, set),
  );
  return choice.view === "one" ? [menu] : [menu, viewSwitch(choice, set)];
}

function viewSwitch({ view }: RunChoice, set: ToolbarParts["set"]): HTMLElement {
  const pressed = (own: string) => ({ "aria-pressed": String(view === own) });
  return el(
    "span",
    { class: "switch", role: "group", "aria-label": "Arrangement of the runs" },
    button("Overlay", () => set({ view: "overlay", zoom: undefined }), pressed("overlay")),
    button("One above the other", () => set({ view: "hosts", zoom: undefined }), pressed("hosts")),
  );
}

export interface KeyParts {
  readonly state: () => PageState;
  readonly all: () => Range;
  readonly set: (change: Partial<PageState>) => void;
}

/** An arrow moves by this share of the visible range; plus scales the range by this factor. */
const STEP = 0.2;
const ZOOM_IN = 0.6;

/** The keys and mouse actions of the page. */
const HELP = [
  ["drag", "zoom to the selected range"],
  ["wheel with Ctrl or Shift", "zoom in or out at the cursor"],
  ["double click, Esc, 0", "show the whole run"],
  ["← →", "move to earlier or later"],
  ["+ −", "zoom in, zoom out"],
  ["click", "pin the cursor, or release it"],
  ["← → in a chart", "move the pinned cursor"],
  ["t", "show times from the start or by the clock"],
  ["d", "switch between light and dark"],
  ["?", "show this help"],
] as const;

/** Returns the change that a key makes; undefined: the page does not use this key. */
function changeOf(key: string, parts: KeyParts): Partial<PageState> | undefined {
  const { zoom, clock } = parts.state();
  const moved = (how: { shift?: number; scale?: number }) => ({ zoom: movedZoom(zoom, parts.all(), how) });
  switch (key) {
    case "ArrowLeft":
      return moved({ shift: -STEP });
    case "ArrowRight":
      return moved({ shift: STEP });
    case "+":
    case "=":
      return moved({ scale: ZOOM_IN });
    case "-":
    case "−":
      return moved({ scale: 1 / ZOOM_IN });
    case "Escape":
    case "0":
      return { zoom: undefined, pin: undefined };
    case "t":
      return { clock: clock === "wall" ? "start" : "wall" };
    case "d":
      return { theme: isDark() ? "light" : "dark" };
    default:
      return undefined;
  }
}

/** Handles keys, except in text fields and the browser's shortcuts. Returns a function that shows the help. */
export function listenToKeys(parts: KeyParts): () => void {
  const help = el("dialog", { "aria-label": "Keys" }, el("h2", {}, "Keys"), table(["Key", "What it does"], HELP));
  help.append(el("form", { method: "dialog" }, el("button", {}, "Close")));
  document.body.append(help);
  document.addEventListener("keydown", (event) => {
    const isTyped = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
    if (event.ctrlKey || event.metaKey || event.altKey || isTyped || help.open) return;
    if (event.key === "?") help.showModal();
    const change = changeOf(event.key, parts);
    if (change === undefined) return;
    event.preventDefault();
    parts.set(change);
  });
  return () => help.showModal();
}
