import { MACHINE, RECORDER, RUN, type SeriesKey, series } from "../../src/catalog/index.ts";
import { withSummary } from "../../src/recording/summary-series.ts";
import { type Rows, recordingOf, START_MS } from "../helpers/recording.ts";

const cpu = (name: string, mode: string) => series(MACHINE.cpuSeconds, { cpu: name, mode });

const COLUMNS: readonly SeriesKey[] = [
  series(RUN.commandStatus),
  series(RUN.timeSinceStart),
  cpu("cpu10", "user"),
  cpu("cpu2", "user"),
  cpu("cpu2", "idle"),
  series(MACHINE.memoryTotal),
  series(MACHINE.memoryUsed),
  series(MACHINE.memoryUsedPercent),
  series(MACHINE.networkSent, { interface: "eth0" }),
  series(MACHINE.diskRead, { disk: "sda" }),
  series(RECORDER.sampleDuration),
];

/** A disk appears while the command runs, and one sample has no memory. */
const PARTS: readonly Rows[] = [
  {
    columns: COLUMNS,
    rows: [
      [START_MS, 0, 0, 10.5, 20.25, 1000, 8e9, 2e9, 25, 1000, 4096, 0.000_412],
      [START_MS + 1000, 1, 1, 10.5, 20.5, 1000.5, 8e9, 2.5e9, 31.25, 1500, 4096, 0.000_3],
      [START_MS + 2003, 1, 2.003, 11.25, 21, 1001, undefined, undefined, undefined, 2500, 8192, 0.000_25],
    ],
  },
  {
    columns: [...COLUMNS, series(MACHINE.diskRead, { disk: "sdb" })],
    rows: [
      [START_MS + 3000, 1, 3, 11.75, 21.5, 1001.5, 8e9, 3e9, 37.5, 3500, 8192, 0.000_25, 512],
      [START_MS + 3512, 2, 3.512, 12, 21.75, 1002, 8e9, 8e9 / 3, 100 / 3, 4000, 12_288, 0.000_26, 1024],
    ],
  },
];

/** A run with everything that a metrics file can contain: facts, events, gaps, series that appear, text to escape, a summary. */
export const GOLDEN = withSummary(
  recordingOf({
    identity: {
      instance: './make "all"',
      role: "client",
      labels: new Map([
        ["os", "déb\\ian\n12"],
        ["branch", 'a # {b="c"}, d'],
      ]),
    },
    facts: [
      ["version", "0.1.0"],
      ["command", "make"],
      ["arguments", 'all "CFLAGS=-O2 -g"'],
      ["summed_interface", "eth0"],
      ["summed_disk", "sda"],
      ["summed_disk", "sdb"],
      ["kernel", ""],
    ],
    events: [
      { atMs: START_MS + 1000, event: "command_started", text: "Command started" },
      { atMs: START_MS + 2000, event: "collector_failed", text: "memory: malformed" },
      { atMs: START_MS + 2000, event: "collector_failed", text: "memory: malformed" },
      { atMs: START_MS + 3512, event: "command_done", text: "Command done with status 0" },
    ],
    parts: PARTS,
  }),
);
