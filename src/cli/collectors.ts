import { Fault } from "./values.ts";

/** Which collectors a run has, by names that are not checked yet. */
export interface CollectorChoice {
  /** Those that are wanted; none: all. */
  readonly only: readonly string[];
  readonly without: readonly string[];
  /** Those that shall work in another way: `cpu=total`. */
  readonly ways: readonly (readonly [name: string, way: string])[];
}

/** Every collector, in its usual way. */
export const ALL_COLLECTORS: CollectorChoice = { only: [], without: [], ways: [] };

/** Names with commas between them: those that are wanted, `-name` to leave one out, `name=way` for another way. */
export function collectors(text: string): CollectorChoice | Fault {
  const words = text.split(",").map((word) => word.trim());
  if (!words.every((word) => /^(-?[a-z_]+|[a-z_]+=[a-z_]+)$/.test(word)))
    return new Fault("expected names with commas between them (e.g. cpu,memory or -disk or cpu=total)");
  return {
    only: words.filter((word) => /^[a-z_]+$/.test(word)),
    without: words.filter((word) => word.startsWith("-")).map((word) => word.slice(1)),
    ways: words.flatMap((word) => {
      const [name, way] = word.split("=");
      return name === undefined || way === undefined ? [] : [[name, way] as const];
    }),
  };
}
