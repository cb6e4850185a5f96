import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Unit } from "./experiment.ts";
import type { Epoch, Round } from "./judge.ts";
import { type Lab, numbers, output } from "./lab.ts";
import { anonymousBytes } from "./resource-usage.ts";
import { idleRun, stopwatch } from "./timed-runs.ts";
import type { Wrapper } from "./wrappers.ts";

/** What is compared between two versions. */
export interface Comparison {
  /** As `--only` names it. */
  readonly name: string;
  /** The program to compile from each version: the product, or one of `bench/programs`. */
  readonly entry: string;
  readonly rows: readonly { readonly what: string; readonly unit: Unit }[];
  /** Returns one epoch for each row, measured with these builds. */
  measure(lab: Lab, builds: Builds): Promise<readonly Epoch[]>;
}

/** The paths of newly written copies of either side's program. */
export type Builds = Readonly<Record<keyof Round, readonly string[]>>;

/** The paths of either side's folder or program. */
export type Sides = Readonly<Record<keyof Round, string>>;

/** Writes copies of each side's program: their bytes are the same, where their pages lie in memory is not. */
export async function writeCopies(lab: Lab, programs: Sides, count: number): Promise<Builds> {
  const write = async (side: keyof Round) => {
    const bytes = await readFile(programs[side]);
    const paths = Array.from({ length: count }, (_, i) => join(lab.folder, `${side}-${i}`));
    // One after the other, which decides where their pages lie; flushed, so that nothing is written while it is measured.
    for (const path of paths) await writeFile(path, bytes, { mode: 0o755, flush: true });
    return paths;
  };
  return { old: await write("old"), new: await write("new") };
}

/** Compiles a program from both versions. Throws with the compiler's messages if it does not fit one of them. */
export async function compileBoth(lab: Lab, folders: Sides, entry: string): Promise<Sides> {
  const name = entry.replaceAll(/\W/g, "-");
  const outfile = (side: keyof Round) => join(lab.folder, `${name}-${side}`);
  for (const side of ["old", "new"] as const) await compileIn(folders[side], entry, outfile(side));
  return { old: outfile("old"), new: outfile("new") };
}

/** Compiles a program of a version as that version's own build does. Throws with the compiler's messages. */
async function compileIn(folder: string, entry: string, outfile: string): Promise<void> {
  const code = `import { compile } from "./scripts/build.ts"; await compile(...process.argv.slice(1));`;
  await output(["env", "-C", folder, process.execPath, "-e", code, entry, outfile]);
}

const rounds = (lab: Lab, full: number) => (lab.quick ? Math.ceil(full / 3) : full);

/** Splits a list that has the figures of the old builds first. */
const split = ({ old }: Builds, values: readonly number[]): Round => {
  return { old: values.slice(0, old.length), new: values.slice(old.length) };
};

const WALL: Comparison = {
  name: "wall-true",
  entry: "index.ts",
  rows: [{ what: "wall added to `true`", unit: "ns" }],
  async measure(lab, builds) {
    const yes = Bun.which("true")!;
    const file = join(lab.folder, "run.prom");
    const wrapped = [...builds.old, ...builds.new].map((program) => [program, "-f", file, yes]);
    const times = await stopwatch(lab, [[yes], ...wrapped], rounds(lab, 48));
    return [
      times.map(([direct, ...all]) =>
        split(
          builds,
          all.map((time) => time - direct!),
        ),
      ),
    ];
  },
};

const IDLE_SECONDS = 6;
const PROCESSES = 10;

/** All builds run at the same time, as the wrappers do in the own-cpu experiment. */
const IDLE: Comparison = {
  name: "own-cpu",
  entry: "index.ts",
  rows: [
    { what: `own CPU time over ${IDLE_SECONDS} s around ${PROCESSES} processes, every 0.1 s`, unit: "ns" },
    { what: "end of command → exit", unit: "ns" },
    { what: "private anonymous memory", unit: "bytes" },
  ],
  async measure(lab, builds) {
    const all = [...builds.old, ...builds.new];
    const results = await Promise.all(
      all.map(async (program, place) => {
        const tag = `idle-${place}`;
        // Old and new in turn, a third of a period apart.
        await Bun.sleep(((place % builds.old.length) * 2 + (place < builds.old.length ? 0 : 1)) * 233);
        const bytes: number[] = [];
        const inspect = { after: IDLE_SECONDS - 0.5, by: (pid: number) => void bytes.push(anonymousBytes(pid)) };
        const file = join(lab.folder, `${tag}.prom`);
        const wrapper: Wrapper = async ({ command }) => [program, "--interval", "0.1", "-f", file, ...command];
        const end = await idleRun(lab, { wrapper, tag, seconds: IDLE_SECONDS, processes: PROCESSES, inspect });
        if (typeof end === "string") throw new Error(end);
        return [end.ownNs, end.lateNs, bytes[0]!];
      }),
    );
    return [0, 1, 2].map((row) => [
      split(
        builds,
        results.map((figures) => figures[row]!),
      ),
    ]);
  },
};

/** A program of `bench/programs` that prints numbers: each build runs once a round with the words of each row. */
function inProcess(
  { name, program, rows }: Pick<Comparison, "name" | "rows"> & { readonly program: string },
  words: (lab: Lab) => Promise<readonly (readonly string[])[]>,
  figure = ([taken, over]: readonly number[]) => taken! / over!,
): Comparison {
  return {
    name,
    entry: `bench/programs/${program}.ts`,
    rows,
    async measure(lab, builds) {
      const all = await words(lab);
      const epochs: Round[][] = all.map(() => []);
      for (let i = 0; i < rounds(lab, 2); i++) {
        for (const [row, operands] of all.entries()) {
          const values: number[] = [];
          for (const build of [...builds.old, ...builds.new])
            values.push(figure(await numbers([build, ...operands], 2)));
          epochs[row]!.push(split(builds, values));
        }
      }
      return epochs;
    },
  };
}

const HOT = inProcess(
  {
    name: "sampling",
    program: "tick-loop",
    rows: [
      { what: "a tick of four sources in a hot loop", unit: "ns" },
      { what: "a tick of everything in a hot loop", unit: "ns" },
    ],
  },
  async () => [
    ["hot", "collectors", "2000"],
    ["hot", "everything", "1000"],
  ],
);

const WALK = inProcess(
  {
    name: "treewalk",
    program: "tree-walk-loop",
    rows: [{ what: "a walk of a tree of 100 processes", unit: "ns" }],
  },
  async (lab) => [[await lab.load(), "100", "1000"]],
);

const JOURNAL = inProcess(
  {
    name: "journaling",
    program: "synthetic-run",
    rows: [{ what: "CPU time of a point from the journal to its line", unit: "ns" }],
  },
  async (lab) => {
    const journal = join(lab.folder, "compared.journal");
    await output([await lab.program("synthetic-run"), "write", journal, "120", "14400"]);
    return [["file", journal, "/dev/null"]];
  },
  ([, points, , cpu]) => cpu! / points!,
);

export const COMPARISONS: readonly Comparison[] = [WALL, IDLE, HOT, WALK, JOURNAL];
