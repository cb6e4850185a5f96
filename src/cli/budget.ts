import { Fault } from "./values.ts";

/** What a budget can be set for, and in which unit its figure is. */
const FIGURES = {
  wall: "seconds",
  cpu: "seconds",
  memory: "bytes",
  "memory-with-cache": "bytes",
  processes: "count",
  threads: "count",
  read: "bytes",
  written: "bytes",
} as const;

export type BudgetName = keyof typeof FIGURES;

/** The most that a run may use of something. */
export interface Budget {
  /** As it was given: `memory<512MiB`. */
  readonly text: string;
  readonly name: BudgetName;
  /** Whether the limit itself is within it. */
  readonly inclusive: boolean;
  /** Seconds, bytes or a number; or by how much the baseline may be exceeded, as a part of it. */
  readonly limit: { readonly value: number } | { readonly overBaseline: number };
}

/** Of each kind of figure: its units, and what they are in its own. */
const UNITS = {
  seconds: { ms: 0.001, s: 1, m: 60, h: 3600 },
  bytes: { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
  count: { "": 1 },
} as const;

const EXAMPLES = { seconds: "90s", bytes: "512MiB", count: "64" } as const;

/** Some budgets, with commas between them: `cpu<90s,memory<=512MiB,wall<+10%`. */
export function budgets(text: string): readonly Budget[] | Fault {
  const read: Budget[] = [];
  for (const part of text.split(",")) {
    const budget = oneBudget(part.trim());
    if (budget instanceof Fault) return budget;
    read.push(budget);
  }
  return read;
}

function oneBudget(text: string): Budget | Fault {
  const [, name = "", operator = "", limitText = ""] = /^([^<>=]*?)\s*(<=|<)\s*(.*)$/s.exec(text) ?? [];
  if (operator === "") return new Fault("expected a name, < or <=, and a limit (e.g. memory<512MiB)");
  if (!isName(name)) return new Fault(`expected one of ${Object.keys(FIGURES).join(", ")} before ${operator}`);
  const limit = limitOf(name, limitText);
  return limit instanceof Fault ? limit : { text, name, inclusive: operator === "<=", limit };
}

function isName(text: string): text is BudgetName {
  return Object.hasOwn(FIGURES, text);
}

function limitOf(name: BudgetName, text: string): Budget["limit"] | Fault {
  const kind = FIGURES[name];
  const units: Readonly<Record<string, number>> = UNITS[kind];
  const [, sign = "", digits = "", unit = ""] = /^(\+?)([0-9]+(?:\.[0-9]+)?)\s*(\S*)$/.exec(text) ?? [];
  if (digits !== "" && sign === "+" && unit === "%") return { overBaseline: Number(digits) / 100 };
  if (digits !== "" && sign === "" && Object.hasOwn(units, unit)) return { value: Number(digits) * units[unit]! };
  const accepted =
    kind === "count" ? "a number without a unit" : `a number and one of ${Object.keys(units).join(", ")}`;
  return new Fault(`expected ${accepted} for ${name} (e.g. ${name}<${EXAMPLES[kind]}), or +10% over a --baseline`);
}
