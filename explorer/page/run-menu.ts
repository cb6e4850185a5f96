import { quantity } from "../../src/recording/quantities.ts";
import type { RunInfo } from "../data/model.ts";
import { button, el } from "./dom.ts";
import type { PageState } from "./page-state.ts";
import { namesOf, newestFirst } from "./run-choice.ts";
import { dayAndTime, duration } from "./time-format.ts";
import { commandText } from "./verdict.ts";

/** A column of the list: its heading, its text, and the number or text that it sorts by. */
interface MenuColumn {
  readonly heading: string;
  readonly text: (run: RunInfo) => string;
  readonly key: (run: RunInfo) => number | string;
}

const COLUMNS: readonly MenuColumn[] = [
  { heading: "Command", text: commandText, key: commandText },
  { heading: "Status", text: statusText, key: statusText },
  { heading: "Started", text: ({ startMs }) => dayAndTime(startMs), key: ({ startMs }) => -startMs },
  { heading: "Wall time", text: (run) => duration(seconds(run)), key: (run) => -(seconds(run) || 0) },
  {
    heading: "Peak memory",
    text: ({ known }) => quantity(known.memory.value ?? Number.NaN, "bytes"),
    key: ({ known }) => -(known.memory.value ?? 0),
  },
];

/** Makes the list of all runs, those that still run and the newest first; a click on a heading sorts it by that column. */
export function runMenu(
  all: readonly RunInfo[],
  shown: ReadonlySet<string>,
  set: (change: Partial<PageState>) => void,
): HTMLElement {
  const choose = (runs: readonly string[]) => set({ runs, zoom: undefined, pin: undefined });
  const names = new Map(namesOf(all).map((name, at) => [all[at]!.id, name]));
  const body = el("tbody");
  const rows = new Map(all.map((run) => [run.id, rowOf(run)]));
  const fill = (runs: readonly RunInfo[]) => body.replaceChildren(...runs.map(({ id }) => rows.get(id)!));
  fill(newestFirst(all));
  const headings = COLUMNS.map(({ heading, key }) => {
    const sort = () => fill(newestFirst(all).sort((a, b) => compared(key(a), key(b))));
    return el("th", { scope: "col" }, button(heading, sort, { class: "link", title: `Sort by ${heading}` }));
  });
  const head = el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Run"), ...headings, el("td")));
  return el("div", { class: "runs", tabindex: 0 }, el("table", {}, head, body));

  function rowOf(run: RunInfo): HTMLElement {
    const box = el("input", { type: "checkbox", value: run.id, checked: shown.has(run.id) });
    box.addEventListener("change", () => {
      const next = all.filter(({ id }) => (id === run.id ? box.checked : shown.has(id)));
      if (next.length === 0) box.checked = true;
      else choose(next.map(({ id }) => id));
    });
    const name = el("th", { scope: "row" }, el("label", {}, box, names.get(run.id)));
    const only = button("only", () => choose([run.id]), { class: "link", "aria-label": `Only ${names.get(run.id)}` });
    return el("tr", {}, name, ...COLUMNS.map(({ text }) => el("td", {}, text(run))), el("td", {}, only));
  }
}

function statusText({ live, events, command }: RunInfo): string {
  if (live) return "running";
  const end = events.findLast(({ event }) => event === "command_done")?.text ?? "";
  const [, how] = / (?:with|by) (.+)$/.exec(end) ?? [];
  return how ?? (command ? "ended" : "never ran");
}

function seconds({ command }: RunInfo): number {
  return command ? (command.toMs - command.fromMs) / 1000 : Number.NaN;
}

function compared(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
