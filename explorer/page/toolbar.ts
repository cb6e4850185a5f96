import type { RunInfo } from "../data/model.ts";
import { type Choice, namesOf } from "./choice.ts";
import { button, el } from "./dom.ts";
import type { Range, State } from "./state.ts";
import { dayAndTime, duration, elapsed } from "./time-text.ts";

export interface ToolbarParts {
  readonly state: State;
  readonly choice: Choice;
  readonly all: readonly RunInfo[];
  readonly set: (change: Partial<State>) => void;
  readonly onHelp: () => void;
}

/** What can be set, and where the cursor and the zoom are. */
export class Toolbar {
  readonly element: HTMLElement;
  private readonly where = el("span", { class: "where", "aria-live": "off" });
  private readonly reset: HTMLButtonElement;

  constructor(parts: ToolbarParts) {
    const { set, onHelp } = parts;
    this.reset = button("Whole run", () => set({ zoom: undefined, pin: undefined }), { title: "Esc" });
    this.element = el(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "View" },
      ...runsMenu(parts),
      el("span", { class: "space" }),
      this.where,
      this.reset,
      ...clockSwitch(parts),
      themeSwitch(parts),
      button("?", onHelp, { class: "round", title: "Keys", "aria-label": "Keys" }),
    );
  }

  /** `at`: where the cursor is. */
  show(range: Range, at: number | undefined, isWhole: boolean): void {
    const span = `${elapsed(range.from, 0.1)} – ${elapsed(range.to, 0.1)} (${duration(range.to - range.from)})`;
    this.where.textContent = at === undefined ? span : `at ${elapsed(at, (range.to - range.from) / 1000)}`;
    this.reset.disabled = isWhole;
  }
}

function clockSwitch({ state, choice, set }: ToolbarParts): HTMLElement[] {
  // Runs of different times have no clock in common.
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

/** Which theme is shown: the one that was asked for, or the system's. */
export function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Which of the runs are shown and how, where there is more than one. */
function runsMenu({ all, choice, set }: ToolbarParts): HTMLElement[] {
  if (all.length < 2) return [];
  const shown = new Set(choice.runs.map(({ id }) => id));
  const names = namesOf(all);
  const items = all.map((run, at) => {
    const box = el("input", { type: "checkbox", value: run.id, checked: shown.has(run.id) });
    box.addEventListener("change", () => {
      const next = all.filter(({ id }) => (id === run.id ? box.checked : shown.has(id)));
      if (next.length === 0) box.checked = true;
      else set({ runs: next.map(({ id }) => id), zoom: undefined, pin: undefined });
    });
    const only = button("only", () => set({ runs: [run.id], zoom: undefined, pin: undefined }), { class: "link" });
    const about = el("small", {}, ` ${dayAndTime(run.startMs)}`);
    return el("li", {}, el("label", {}, box, names[at], about), only);
  });
  const menu = el(
    "details",
    { class: "menu" },
    el("summary", {}, `Runs: ${choice.runs.length} of ${all.length}`),
    el("ul", {}, ...items),
  );
  return choice.view === "one" ? [menu] : [menu, viewSwitch(choice, set)];
}

function viewSwitch({ view }: Choice, set: ToolbarParts["set"]): HTMLElement {
  const pressed = (own: string) => ({ "aria-pressed": String(view === own) });
  return el(
    "span",
    { class: "switch", role: "group", "aria-label": "Several runs" },
    button("Overlay", () => set({ view: "overlay", zoom: undefined }), pressed("overlay")),
    button("One above the other", () => set({ view: "hosts", zoom: undefined }), pressed("hosts")),
  );
}
