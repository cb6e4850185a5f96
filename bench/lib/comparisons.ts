import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anonymousBytes } from "../experiments/minute-run.ts";
import { stopwatch } from "../experiments/wall-time.ts";
import type { Unit } from "./experiment.ts";
import type { Epoch, Round } from "./judge.ts";
import { compileC, type Lab, output } from "./lab.ts";
import { reaped } from "./timed-runs.ts";
import { compileIn } from "./versions.ts";
import type { Wrapper } from "./wrappers.ts";

/** What is compared, and the programs that it takes of each version: the product, or one of its `bench`. */
export interface Comparison {
  readonly name: string;
  readonly entry: string;
  readonly rows: readonly { readonly what: string; readonly unit: Unit }[];
  /** By row the rounds with these builds. */
  measure(lab: Lab, builds: Builds): Promise<readonly Epoch[]>;
}

/** Programs of either side, all of them written anew. */
export type Builds = Readonly<Record<keyof Round, readonly string[]>>;

export type Sides = Readonly<Record<keyof Round, string>>;

/** Writes copies of a program of each side: the bytes are the same, and where they lie in memory is not. */
export async function writeAnew(lab: Lab, programs: Sides, count: number): Promise<Builds> {
  const write = async (side: keyof Round) => {
    const bytes = await readFile(programs[side]);
    const paths = Array.from({ length: count }, (_, i) => join(lab.folder, `${side}-${i}`));
    // In turn, as their pages then lie. What is not yet on the disk would be written while it is measured.
    for (const path of paths) await writeFile(path, bytes, { mode: 0o755, flush: true });
    return paths;
  };
  return { old: await write("old"), new: await write("new") };
}

/** Compiles a program of both versions. Throws where one of them is not one that it can be compiled with. */
export async function compileBoth(lab: Lab, folders: Sides, entry: string): Promise<Sides> {
  const name = entry.replaceAll(/\W/g, "-");
  const outfile = (side: keyof Round) => join(lab.folder, `${name}-${side}`);
  for (const side of ["old", "new"] as const) await compileIn(folders[side], entry, outfile(side));
  return { old: outfile("old"), new: outfile("new") };
}

const rounds = (lab: Lab, full: number) => (lab.quick ? Math.ceil(full / 3) : full);

/** From the figures of old and new builds in one list. */
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

/** All builds at the same time, as those who are compared with the floors. */
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
        // Old and new in turn, out of step by a third of a period.
        await Bun.sleep(((place % builds.old.length) * 2 + (place < builds.old.length ? 0 : 1)) * 233);
        const bytes: number[] = [];
        const look = { after: IDLE_SECONDS - 0.5, at: (pid: number) => void bytes.push(anonymousBytes(pid)) };
        const file = join(lab.folder, `${tag}.prom`);
        const wrapper: Wrapper = async ({ command }) => [program, "--interval", "0.1", "-f", file, ...command];
        const end = await reaped(lab, { wrapper, tag, seconds: IDLE_SECONDS, processes: PROCESSES, look });
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

/** A program of `bench` that prints numbers, in every round of every build: what they come to. */
function inProcess(
  program: string,
  rows: Comparison["rows"],
  words: (lab: Lab) => Promise<readonly (readonly string[])[]>,
  figure = ([taken, over]: readonly number[]) => taken! / over!,
): Comparison {
  return {
    ...{ name: program, entry: `bench/${program}.ts`, rows },
    async measure(lab, builds) {
      const all = await words(lab);
      const epochs: Round[][] = all.map(() => []);
      for (let i = 0; i < rounds(lab, 2); i++) {
        for (const [row, operands] of all.entries()) {
          const values: number[] = [];
          for (const build of [...builds.old, ...builds.new]) {
            values.push(figure((await output([build, ...operands])).split(" ").map(Number)));
          }
          epochs[row]!.push(split(builds, values));
        }
      }
      return epochs;
    },
  };
}

const HOT = inProcess(
  "sampling",
  [
    { what: "a tick of four sources in a hot loop", unit: "ns" },
    { what: "a tick of everything in a hot loop", unit: "ns" },
  ],
  async () => [
    ["hot", "collectors", "2000"],
    ["hot", "everything", "1000"],
  ],
);

const WALK = inProcess("treewalk", [{ what: "a look at a tree of 100 processes", unit: "ns" }], async (lab) => {
  const load = join(lab.folder, "load");
  await compileC(join(import.meta.dir, "../../test/programs/load.c"), load);
  return [[load, "100", "1000"]];
});

const JOURNAL = inProcess(
  "journaling",
  [{ what: "CPU time of a point from the journal to its line", unit: "ns" }],
  async (lab) => {
    const journal = join(lab.folder, "compared.journal");
    await output([await lab.bun("journaling"), "write", journal, "120", "14400"]);
    return [["file", journal, "/dev/null"]];
  },
  ([, points, , cpu]) => cpu! / points!,
);

export const COMPARISONS: readonly Comparison[] = [WALL, IDLE, HOT, WALK, JOURNAL];
