import { join } from "node:path";
import type { Experiment, Row } from "../lib/experiment.ts";
import { Collected } from "../lib/figures.ts";
import { output } from "../lib/lab.ts";
import { peer } from "../lib/peers.ts";
import { median } from "../lib/stats.ts";
import { bareBun, noWrapper, statexec, type Wrapper } from "../lib/wrappers.ts";
import { withPath } from "./wall-time.ts";

const STATEXEC = "statexec";
const BARE = "bare Bun wrapper";
const WARM_UP_RUNS = 3;

const WRAPPERS: Readonly<Record<string, Wrapper>> = { [STATEXEC]: statexec(1), [BARE]: bareBun };

interface Exported {
  /** Seconds, by command and run. */
  readonly results: readonly { readonly times: readonly number[] }[];
}

/** Wall time that wrappers add to `true` by another's stopwatch, which runs them one after the other; in ns. */
const CROSS_CHECK: Experiment = {
  name: "wall-hyperfine",
  async run(lab) {
    const figures = new Collected();
    const exported = join(lab.folder, "hyperfine.json");
    const runs = ["--warmup", String(WARM_UP_RUNS), "--runs", lab.quick ? "20" : "60"];
    const words = peer("hyperfine", "-N", "--style", "none", ...runs, "--export-json", exported);
    if (typeof words === "string") {
      for (const name of Object.keys(WRAPPERS)) figures.missing(name, words);
      return figures.all;
    }
    const wrappers = Object.entries({ "no wrapper": noWrapper, ...WRAPPERS });
    const commands = wrappers.map(([, wrapper]) => wrapper({ lab, tag: "hyperfine", command: withPath(["true"]) }));
    await output([...words, ...(await Promise.all(commands)).map((command) => [...command].flat().join(" "))]);
    const { results } = (await Bun.file(exported).json()) as Exported;
    const [direct, ...wrapped] = results.map(({ times }) => times);
    for (const [i, name] of Object.keys(WRAPPERS).entries())
      for (const time of wrapped[i]!) figures.note(name, (time - median(direct!)) * 1e9);
    return figures.all;
  },
};

export const CROSS_CHECK_ROWS: readonly Row[] = [
  {
    ...{ what: "wall added to `true`, by hyperfine", experiment: CROSS_CHECK, unit: "ns" },
    ...{ ours: STATEXEC, against: BARE },
  },
];
