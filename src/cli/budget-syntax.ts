import { BUDGET_UNITS, type Budget, type BudgetedFigure, PHASE_FIGURES, type PhaseFigure } from "../catalog/choices.ts";
import { durationUnit, sizeUnit } from "./measures.ts";
import { nearest } from "./nearest.ts";
import { Fault } from "./option-values.ts";

/** Returns the factor of a limit's unit, by the kind of figure; undefined: that kind has no such unit. */
const FACTORS = {
  seconds: durationUnit,
  bytes: sizeUnit,
  count: (unit: string) => (unit === "" ? 1 : undefined),
} as const;

const ACCEPTED = {
  seconds: "a number and one of ms, s, min, h",
  bytes: "a number and one of B, kB, MB, GB, KiB, MiB, GiB (M is MiB)",
  count: "a number without a unit",
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

/** Whether the limit of a budget depends on earlier runs. */
export function isRelative({ limit }: Budget): boolean {
  return !("value" in limit);
}

/** Whether it depends on runs that are named. */
export function needsBaseline({ limit }: Budget): boolean {
  return "overBaseline" in limit;
}

function parseBudget(text: string): Budget | Fault {
  const [, subject = "", operator = "", limitText = ""] = /^([^<>=]*?)\s*(<=|<)\s*(.*)$/s.exec(text) ?? [];
  if (operator === "") return new Fault("expected a name, < or <=, and a limit (e.g. memory<512MiB)");
  // A phase's own name may have colons.
  const [, phase, name = subject] = /^(.+):\s*([^:]*)$/s.exec(subject) ?? [];
  if (!isBudgetedFigure(name)) return unknownFigure(name, operator);
  if (phase !== undefined && !isPhaseFigure(name))
    return new Fault(
      `expected one of ${PHASE_FIGURES.join(", ")} after the phase and its colon: ${name} is not known of phases`,
    );
  const limit = parseLimit(name, limitText);
  if (limit instanceof Fault) return limit;
  if (phase !== undefined && "overHistory" in limit)
    return new Fault(
      `expected an amount, or +10% over a --baseline, for a phase: the history has figures of whole runs`,
    );
  return { text, name, ...(phase === undefined ? {} : { phase }), inclusive: operator === "<=", limit };
}

function unknownFigure(name: string, operator: string): Fault {
  const names = Object.keys(BUDGET_UNITS);
  const meant = nearest(name, names);
  const advice = meant === undefined ? "" : ` (did you mean ${meant}?)`;
  return new Fault(`expected one of ${names.join(", ")} before ${operator}${advice}`);
}

function isBudgetedFigure(text: string): text is BudgetedFigure {
  return Object.hasOwn(BUDGET_UNITS, text);
}

function isPhaseFigure(name: BudgetedFigure): name is PhaseFigure {
  return (PHASE_FIGURES as readonly BudgetedFigure[]).includes(name);
}

function parseLimit(name: BudgetedFigure, text: string): Budget["limit"] | Fault {
  const kind = BUDGET_UNITS[name];
  const [, overHistory] = /^\+([0-9]+(?:\.[0-9]+)?)\s*%\s+of\s+history$/.exec(text) ?? [];
  if (overHistory !== undefined) return { overHistory: Number(overHistory) / 100 };
  const [, sign = "", digits = "", unit = ""] = /^(\+?)([0-9]+(?:\.[0-9]+)?(?:e[0-9]{1,2})?)\s*(\S*)$/.exec(text) ?? [];
  if (digits !== "" && sign === "+" && unit === "%") return { overBaseline: Number(digits) / 100 };
  const factor = digits !== "" && sign === "" ? FACTORS[kind](unit) : undefined;
  if (factor !== undefined) return { value: Number(digits) * factor };
  return new Fault(
    `expected ${ACCEPTED[kind]} for ${name} (e.g. ${name}<${EXAMPLES[kind]}), +10% over a --baseline, or +10% of history`,
  );
}
