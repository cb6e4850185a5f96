import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Experiment, FigureCollection, type Row } from "../lib/experiment.ts";
import { numbers } from "../lib/lab.ts";

const BACKGROUND = "in the background";
const WAITING = "fdatasync";

/** Brings a journal to the disk, as a run does every five seconds. */
const FILE_SYNC: Experiment = {
  name: "file-sync",
  async run(lab) {
    const figures = new FigureCollection();
    const rounds = lab.quick ? 20 : 200;
    const file = join(lab.folder, "synced");
    const taken = await numbers([await lab.program("file-sync-loop"), file, String(rounds)], 2 * rounds);
    for (const [i, ns] of taken.entries()) figures.add(i % 2 === 0 ? BACKGROUND : WAITING, ns);
    await rm(file);
    return figures.all;
  },
};

export const FILE_SYNC_ROWS: readonly Row[] = [
  {
    experiment: FILE_SYNC,
    what: "a tick's wait for its journal to go to the disk, every 5 s",
    unit: "ns",
    ours: BACKGROUND,
    against: WAITING,
    goal: { atMost: 5_000_000 },
    absolute: true,
  },
];
