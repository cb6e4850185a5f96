import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunInfo, Runs } from "../../explorer/data/model.ts";
import type { Experiment, Figures, Row } from "../lib/experiment.ts";
import { type Lab, output } from "../lib/lab.ts";

const READ = "the file read";
const PLAIN = "indexOf on strings";
const OPEN = "open";
const RSS = "RSS";
const DRAWN = "all panels";

const DAY_S = 86_400;
const SERIES = 120;
const PIXELS = 1200;
const MIB = 2 ** 20;

/** A day's metrics file, read by the product and by hand in turns, then opened as a person opens it. */
const EXPLORE: Experiment = {
  name: "explore",
  async run(lab): Promise<ReadonlyMap<string, Figures>> {
    const file = await dayFile(lab);
    const figures = new Map<string, number[]>();
    const note = (what: string, figure: number) => figures.set(what, [...(figures.get(what) ?? []), figure]);
    for (let i = 0; i < (lab.quick ? 1 : 3); i++) {
      note(READ, await readBy(lab, "product", file));
      note(PLAIN, await readBy(lab, "plain", file));
      const { openedNs, drawnNs, rss } = await opened(lab, file);
      note(OPEN, openedNs);
      note(DRAWN, drawnNs);
      note(RSS, rss);
    }
    await rm(file);
    return figures;
  },
};

/** 1.2 GB of text, less in a quick look. */
export async function dayFile(lab: Lab): Promise<string> {
  const journaling = await lab.bun("journaling");
  const [journal, file] = [join(lab.folder, "day.journal"), join(lab.folder, "day.prom")];
  const seconds = lab.quick ? DAY_S / 24 : DAY_S;
  await output([journaling, "write", journal, String(SERIES), String(seconds)]);
  await output([journaling, "file", journal, file]);
  await rm(journal);
  return file;
}

async function readBy(lab: Lab, how: "product" | "plain", file: string): Promise<number> {
  const [taken] = (await output([await lab.bun("reading"), how, file])).split(" ");
  return Number(taken);
}

/** From the start of `statexec --explore` to its answer of what runs there are, then to the points of every series. */
async function opened(lab: Lab, file: string) {
  // Compiled before the clock starts.
  await lab.product();
  const start = Bun.nanoseconds();
  const server = await explorer(lab, file);
  try {
    const { url } = server;
    const { runs, problems } = (await (await fetch(`${url}api/runs`)).json()) as Runs;
    const openedNs = Bun.nanoseconds() - start;
    const [run] = runs;
    if (!run || problems.length > 0) throw new Error(`${file} was not read: ${JSON.stringify(problems)}`);
    const asked = Bun.nanoseconds();
    await drawAll(url, run);
    return { openedNs, drawnNs: Bun.nanoseconds() - asked, rss: peakRss(server.pid) };
  } finally {
    await server.end();
  }
}

interface Explorer {
  readonly url: string;
  readonly pid: number;
  end(): Promise<void>;
}

/** `statexec --explore` of a file, as soon as it says where it is. */
export async function explorer(lab: Lab, file: string): Promise<Explorer> {
  const command = [await lab.product(), "--explore", "--no-open", file];
  const server = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const end = async () => {
    server.kill();
    await server.exited;
  };
  const { value } = await server.stdout.getReader().read();
  return { url: new TextDecoder().decode(value).trim(), pid: server.pid, end };
}

/** Each series in a line of its own over all of the time, as no page asks at once. */
async function drawAll(url: string, { id, series, startMs, endMs }: RunInfo): Promise<void> {
  const lines = series.map(({ type }, place) => ({ series: [place], as: type === "counter" ? "rate" : "value" }));
  const response = await fetch(`${url}api/points`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ run: id, lines, fromMs: startMs, toMs: endMs, pixels: PIXELS }),
  });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  await response.arrayBuffer();
}

/** The highest resident memory of a process so far, bytes; proc_pid_status(5), VmHWM. */
function peakRss(pid: number): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return Number(kib) * 1024;
}

const explore = { experiment: EXPLORE } as const;

export const EXPLORE_ROWS: readonly Row[] = [
  {
    ...{ ...explore, what: "reading the metrics file of a day at 1 s with 120 series, 1.2 GB", unit: "ns", ours: READ },
    ...{ against: PLAIN, goal: { atMost: 0.667 } },
  },
  { ...explore, what: "`--explore` of it, until it answers", unit: "ns", ours: OPEN, goal: { atMost: 8e9 } },
  { ...explore, what: "its answer of all points of that day, 1,200 pixels", unit: "ns", ours: DRAWN },
  { ...explore, what: "its peak RSS meanwhile", unit: "bytes", ours: RSS, goal: { atMost: 600 * MIB } },
];
