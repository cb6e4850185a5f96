import { UsageError } from "../errors.ts";
import type { Split } from "./argv.ts";
import type { Invocation } from "./config.ts";
import { type Given, read } from "./given.ts";
import type { Mode } from "./option.ts";
import { OPTIONS, type OptionId } from "./options.ts";

const NOISE = 0.05;

/** What `--explore` and its options ask for. Throws UsageError. */
export function exploration(split: Split): Invocation {
  const values = valuesOf(split, "explore");
  return {
    mode: "explore",
    paths: split.command,
    open: !values("noOpen").includes(true),
    port: values("explorePort").at(-1) as number | undefined,
  };
}

/** What `--compare` and its options ask for. Throws UsageError. */
export function comparison(split: Split): Invocation {
  const values = valuesOf(split, "compare");
  const named = values("base") as string[];
  const [first, second, ...others] = split.command;
  const usage = "name two files (statexec --compare base.prom new.prom)";
  if (first === undefined) throw new UsageError(`--compare: no files; ${usage}`);
  if (named.length === 0 && second === undefined) throw new UsageError(`--compare: one file only; ${usage}`);
  if (named.length === 0 && others.length > 0)
    throw new UsageError(
      "--compare: more than two files; put --base before each that is compared with (statexec --compare --base a.prom --base b.prom new.prom)",
    );
  return {
    mode: "compare",
    base: named.length > 0 ? named : [first],
    next: named.length > 0 ? split.command : [second as string],
    noise: (values("noise").at(-1) as number | undefined) ?? NOISE,
    anyCommand: values("anyCommand").at(-1) === true,
  };
}

/** Refuses the option of a mode where another was asked for, or none: nothing would come of it. */
export function refuseModifiers(given: readonly Given[], mode: Mode["mode"] | "run"): void {
  for (const { option: id, where } of given) {
    const option = OPTIONS[id];
    if (option.kind === "modifier" && option.of !== mode)
      throw new UsageError(`${where} has no effect without --${option.of}; leave it out`);
  }
}

/** The values of each option, in the order in which they were given; all are checked. */
function valuesOf({ given, problem }: Split, mode: Mode["mode"]): (id: OptionId) => unknown[] {
  const values = given.map((each) => [each.option, read(each)] as const);
  if (problem !== undefined) throw problem;
  refuseModifiers(given, mode);
  return (id) => values.filter(([option]) => option === id).map(([, value]) => value);
}
