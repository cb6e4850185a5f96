import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { wallMs } from "../../src/os/process.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { parseStrictly } from "../../test/helpers/strict-reader.ts";
import type { Experiment, Row } from "../lib/experiment.ts";
import { output } from "../lib/lab.ts";
import { freePort, HOST, startSyncServer } from "../lib/sync-run.ts";

const SKEW = "skew";
const RUNNING = "running";
const MISSED = "missed";

const MS = 1e6;

function post(port: number, path: string): Promise<Response> {
  return fetch(`http://${HOST}:${port}${path}`, { method: "POST" });
}

function recordingOf(file: string): Recording {
  return parseStrictly(readFileSync(file), file);
}

/** The wall-clock time of an event, ms since the epoch. */
function timeOf({ events }: Recording, name: string): number {
  const found = events.find(({ event }) => event === name);
  if (found === undefined) throw new Error(`the recording has no event ${name}`);
  return found.atMs;
}

/** Two commands that start together: the difference of their starts, by their metrics files. */
const SKEWED_STARTS: Experiment = {
  name: "sync-skew",
  async run(lab) {
    const skews: number[] = [];
    for (let round = 0; round < (lab.quick ? 10 : 50); round++) {
      const port = freePort();
      const server = await startSyncServer(lab, port, ["sleep", "60"]);
      const file = join(lab.folder, "client.prom");
      await output([await lab.product(), "-c", `${HOST}:${port}`, "-f", file, "sleep", "0.05"]);
      await server.exited;
      const [theirs, ours] = [server.file, file].map((each) => timeOf(recordingOf(each), "command_started"));
      skews.push(Math.abs(theirs! - ours!) * MS);
    }
    return new Map([[SKEW, skews]]);
  },
};

/** From the request for a start to the first line of the command's code. */
const START_DELAY: Experiment = {
  name: "sync-start",
  async run(lab) {
    const times: number[] = [];
    const begun = join(lab.folder, "begun.txt");
    const command = [await lab.floor("begun"), begun];
    for (let round = 0; round < (lab.quick ? 10 : 50); round++) {
      rmSync(begun, { force: true });
      const port = freePort();
      const server = await startSyncServer(lab, port, command);
      // Opens the connection, as a client has one before it asks for the start.
      await fetch(`http://${HOST}:${port}/status`).then((answer) => answer.text());
      const asked = wallMs();
      await post(port, "/start");
      while (!existsSync(begun)) await Bun.sleep(1);
      times.push(Number(readFileSync(begun, "latin1")) - asked * MS);
      await post(port, "/stop");
      await server.exited;
    }
    return new Map([[RUNNING, times]]);
  },
};

/** A server that gets broken requests while it records, beside a real client. */
const JUNK_REQUESTS: Experiment = {
  name: "sync-junk",
  async run(lab) {
    const port = freePort();
    const seconds = lab.quick ? 5 : 30;
    const server = await startSyncServer(lab, port, ["--interval", "0.1", "sleep", "600"]);
    const file = join(lab.folder, "client.prom");
    const real = output([await lab.product(), "-c", `${HOST}:${port}`, "-f", file, "sleep", `${seconds}`]);
    const junk = output([await lab.program("junk-requests"), `${port}`, "2000", `${seconds}`]);
    await Promise.all([real, junk]);
    const status = await server.exited;
    if (status !== 0) throw new Error(`the server ended with ${status}`);
    if (Number(await junk) < 2000 * seconds * 0.95) throw new Error(`only ${await junk} requests were sent`);
    const series = [...recordingOf(server.file).series()].find(({ metric }) => metric.name === "ticks_missed");
    const missed = [...series!.blocks()].flatMap(({ values, length }) => [...values.subarray(0, length)]).at(-1)!;
    return new Map([[MISSED, [(missed / (seconds * 10)) * 100]]]);
  },
};

export const SYNC_ROWS: readonly Row[] = [
  {
    ...{ what: "two synchronised commands on one machine, skew of their starts", experiment: SKEWED_STARTS },
    ...{ unit: "ns", ours: SKEW, goal: { atMost: 5 * MS } },
  },
  {
    ...{ what: "from `/start` to the command running", experiment: START_DELAY },
    ...{ unit: "ns", ours: RUNNING, goal: { atMost: 3 * MS }, forUsers: true },
  },
  {
    ...{ what: "samples at 10 Hz that a server misses under 2,000 junk requests a second", experiment: JUNK_REQUESTS },
    ...{ unit: "percent", ours: MISSED, goal: { atMost: 1 } },
  },
];
