import { el, table } from "./dom.ts";
import { movedZoom, type Range, type State } from "./state.ts";

export interface KeyParts {
  readonly state: () => State;
  readonly all: () => Range;
  readonly isDark: () => boolean;
  readonly set: (change: Partial<State>) => void;
}

/** How far an arrow moves, of what is in sight; and how much nearer a plus brings it. */
const STEP = 0.2;
const NEARER = 0.6;

/** The keys of the page and what they are for. */
const HELP = [
  ["drag", "zoom to what was dragged over"],
  ["double click, Esc, 0", "the whole run"],
  ["← →", "earlier, later"],
  ["+ −", "nearer, farther"],
  ["click", "put the cursor down, or take it up again"],
  ["t", "time from the start, or by the clock"],
  ["d", "light or dark"],
  ["?", "this help"],
] as const;

/** What a key changes; undefined: it is not ours. */
export function changeOf(key: string, parts: KeyParts): Partial<State> | undefined {
  const { zoom, clock } = parts.state();
  const moved = (how: { shift?: number; scale?: number }) => ({ zoom: movedZoom(zoom, parts.all(), how) });
  switch (key) {
    case "ArrowLeft":
      return moved({ shift: -STEP });
    case "ArrowRight":
      return moved({ shift: STEP });
    case "+":
    case "=":
      return moved({ scale: NEARER });
    case "-":
    case "−":
      return moved({ scale: 1 / NEARER });
    case "Escape":
    case "0":
      return { zoom: undefined, pin: undefined };
    case "t":
      return { clock: clock === "wall" ? "start" : "wall" };
    case "d":
      return { theme: parts.isDark() ? "light" : "dark" };
    default:
      return undefined;
  }
}

/** Listens to the keyboard, but for what is typed into a field or is the browser's. */
export function listenToKeys(parts: KeyParts): { showHelp: () => void } {
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
  return { showHelp: () => help.showModal() };
}
