import { BUDGET_UNITS, type Budget, type BudgetedFigure } from "../catalog/choices.ts";
import { Fault } from "./option-values.ts";

/** The units in which a limit may be written, by the kind of figure, as multiples of that kind's own unit. */
const MULTIPLES = {
  seconds: { ms: 0.001, s: 1, m: 60, h: 3600 },
  bytes: { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
  count: { "": 1 },
} as const;

const EXAMPLES = { seconds: "90s", bytes: "512MiB", count: "64" } as const;

/** Reads budgets with commas between them: `cpu<90s,memory<=512MiB,wall<+10%`. */
export function parseBudgets(text: string): readonly Budget[] | Fault {
  const read: Budget[] = [];
  for (const part of text.split(",")) {
    const budget = parseBudget(part.trim());
    if (budget instanceof Fault) return budget;
    read.push(budget);
  }
  return read;
}

/** Whether the limit of a budget depends on an earlier run. */
export function isRelative({ limit }: Budget): boolean {
  return "overBaseline" in limit;
}

function parseBudget(text: string): Budget | Fault {
  const [, name = "", operator = "", limitText = ""] = /^([^<>=]*?)\s*(<=|<)\s*(.*)$/s.exec(text) ?? [];
  if (operator === "") return new Fault("expected a name, < or <=, and a limit (e.g. memory<512MiB)");
  if (!isBudgetedFigure(name))
    return new Fault(`expected one of ${Object.keys(BUDGET_UNITS).join(", ")} before ${operator}`);
  const limit = parseLimit(name, limitText);
  return limit instanceof Fault ? limit : { text, name, inclusive: operator === "<=", limit };
}

function isBudgetedFigure(text: string): text is BudgetedFigure {
  return Object.hasOwn(BUDGET_UNITS, text);
}

function parseLimit(name: BudgetedFigure, text: string): Budget["limit"] | Fault {
  const kind = BUDGET_UNITS[name];
  const units: Readonly<Record<string, number>> = MULTIPLES[kind];
  const [, sign = "", digits = "", unit = ""] = /^(\+?)([0-9]+(?:\.[0-9]+)?)\s*(\S*)$/.exec(text) ?? [];
  if (digits !== "" && sign === "+" && unit === "%") return { overBaseline: Number(digits) / 100 };
  if (digits !== "" && sign === "" && Object.hasOwn(units, unit)) return { value: Number(digits) * units[unit]! };
  const accepted =
    kind === "count" ? "a number without a unit" : `a number and one of ${Object.keys(units).join(", ")}`;
  return new Fault(`expected ${accepted} for ${name} (e.g. ${name}<${EXAMPLES[kind]}), or +10% over a --baseline`);
}
