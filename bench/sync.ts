import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { wallMs } from "../src/os/wall-clock.ts";
import type { Recording } from "../src/recording/recording.ts";
import { parseStrictly } from "../test/helpers/strict-reader.ts";
import type { Lab } from "./lab.ts";
import { output } from "./lab.ts";
import type { Experiment, Row } from "./row.ts";

const SKEW = "skew";
const RUNNING = "running";
const MISSED = "missed";

export const HOST = "127.0.0.1";
const MS = 1e6;

/** A port that nothing listens on. */
export function freePort(): number {
  const server = Bun.listen({ hostname: HOST, port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}

interface Side {
  readonly pid: number;
  readonly file: string;
  readonly exited: Promise<number>;
}

/** A server that listens. */
export async function serving(lab: Lab, port: number, words: readonly string[]): Promise<Side> {
  const file = join(lab.folder, "server.prom");
  const command = [await lab.product(), "-s", "-sp", `${port}`, "-f", file, ...words];
  const child = Bun.spawn(command, { stdio: ["ignore", "ignore", "pipe"] });
  const { value } = await child.stderr.getReader().read();
  if (!new TextDecoder().decode(value).includes("waiting for")) throw new Error(`the server does not wait: ${value}`);
  return { pid: child.pid, file, exited: child.exited };
}

function post(port: number, path: string): Promise<Response> {
  return fetch(`http://${HOST}:${port}${path}`, { method: "POST" });
}

function recordingOf(file: string): Recording {
  return parseStrictly(readFileSync(file), file);
}

/** The wall clock's time of an event, milliseconds. */
function timeOf({ events }: Recording, name: string): number {
  const found = events.find(({ event }) => event === name);
  if (found === undefined) throw new Error(`the recording has no event ${name}`);
  return found.atMs;
}

/** Two of our commands start together: by how much their files say that they did not. */
const TOGETHER: Experiment = {
  name: "sync-skew",
  async run(lab) {
    const skews: number[] = [];
    for (let round = 0; round < (lab.quick ? 10 : 50); round++) {
      const port = freePort();
      const server = await serving(lab, port, ["sleep", "60"]);
      const file = join(lab.folder, "client.prom");
      await output([await lab.product(), "-c", `${HOST}:${port}`, "-f", file, "sleep", "0.05"]);
      await server.exited;
      const [theirs, ours] = [server.file, file].map((each) => timeOf(recordingOf(each), "command_started"));
      skews.push(Math.abs(theirs! - ours!) * MS);
    }
    return new Map([[SKEW, skews]]);
  },
};

/** From a request for a start to the first line of the command's own code. */
const QUICK: Experiment = {
  name: "sync-start",
  async run(lab) {
    const times: number[] = [];
    const told = join(lab.folder, "begun.txt");
    const command = [await lab.c("begun"), told];
    for (let round = 0; round < (lab.quick ? 10 : 50); round++) {
      rmSync(told, { force: true });
      const port = freePort();
      const server = await serving(lab, port, command);
      // The connection is there, as that of a client is.
      await fetch(`http://${HOST}:${port}/status`).then((answer) => answer.text());
      const asked = wallMs();
      await post(port, "/start");
      while (!existsSync(told)) await Bun.sleep(1);
      times.push(Number(readFileSync(told, "latin1")) - asked * MS);
      await post(port, "/stop");
      await server.exited;
    }
    return new Map([[RUNNING, times]]);
  },
};

/** A server that is asked for nonsense while it records, with a real client at its side. */
const BOTHERED: Experiment = {
  name: "sync-junk",
  async run(lab) {
    const port = freePort();
    const seconds = lab.quick ? 5 : 30;
    const server = await serving(lab, port, ["--interval", "0.1", "sleep", "600"]);
    const file = join(lab.folder, "client.prom");
    const real = output([await lab.product(), "-c", `${HOST}:${port}`, "-f", file, "sleep", `${seconds}`]);
    const junk = output([await lab.bun("junk"), `${port}`, "2000", `${seconds}`]);
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
    ...{ what: "two synchronised commands on one machine, skew of their starts", experiment: TOGETHER },
    ...{ unit: "ns", ours: SKEW, goal: { atMost: 5 * MS } },
  },
  {
    ...{ what: "from `/start` to the command running", experiment: QUICK },
    ...{ unit: "ns", ours: RUNNING, goal: { atMost: 3 * MS } },
  },
  {
    ...{ what: "samples at 10 Hz that a server misses under 2,000 junk requests a second", experiment: BOTHERED },
    ...{ unit: "percent", ours: MISSED, goal: { atMost: 1 } },
  },
];
