import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandOf, output } from "./validators.ts";

/** A series as the database exports it. */
export interface StoredSeries {
  /** The name in its sample lines. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, in any order. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** A VictoriaMetrics for one test, on a free port of the loopback interface. */
export interface Victoria {
  readonly url: string;
  /** Imports a file with curl, as the documentation shows. `extra`: a label and its value, for all series of the file. */
  import(path: string, extra?: string): Promise<void>;
  /** Returns all stored series. */
  export(): Promise<readonly StoredSeries[]>;
  stop(): Promise<void>;
}

/** The longest time to start, on a loaded machine. */
const READY_MS = 20_000;

/** @throws Error if the server ends or is not ready in time */
export async function startVictoria({ retention = "100y", dedup = "1ms" } = {}): Promise<Victoria> {
  const folder = await mkdtemp(join(tmpdir(), "statexec-victoria-"));
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const options = [
    `-storageDataPath=${folder}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    `-retentionPeriod=${retention}`,
    `-dedup.minScrapeInterval=${dedup}`,
    "-memory.allowedBytes=64MiB",
  ];
  const command = [...commandOf("victoriaMetrics"), ...options];
  const server = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: Bun.file(join(folder, "log")) });
  const stop = async () => {
    server.kill();
    await server.exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(server, url);
  } catch (error) {
    const log = await Bun.file(join(folder, "log")).text();
    await stop();
    throw new Error(`VictoriaMetrics did not start: ${log.slice(-2000)}`, { cause: error });
  }
  return { url, import: (path, extra) => importFile(url, path, extra), export: () => exportAll(url), stop };
}

async function untilReady(server: Bun.Subprocess, url: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`);
    if (await isHealthy(url)) return;
    if (performance.now() > deadline) throw new Error(`it is not ready after ${READY_MS} ms`);
    await Bun.sleep(10);
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ECONNREFUSED" || error.code === "ConnectionRefused")
    )
      return false;
    throw error;
  }
}

async function importFile(url: string, path: string, extra?: string): Promise<void> {
  const target = `${url}/api/v1/import/prometheus${extra === undefined ? "" : `?extra_label=${extra}`}`;
  await output("curl", ["--fail", "-sS", "-X", "POST", target, "-T", path]);
  // Queries find imported points only after a flush.
  await get(`${url}/internal/force_flush`);
}

async function exportAll(url: string): Promise<readonly StoredSeries[]> {
  const all = encodeURIComponent('{__name__!=""}');
  const text = await get(`${url}/api/v1/export?match[]=${all}&start=0&end=${4e9}&reduce_mem_usage=0`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { metric, timestamps, values } = JSON.parse(withInfinities(line));
      const { __name__: name, ...labels } = metric;
      return { name, labels, times: timestamps, values: values.map(Number) };
    });
}

/** Its lines are JSON, but for infinite values in older versions. */
function withInfinities(line: string): string {
  return line.replace(/"values":\[[^\]]*\]/, (all) => all.replace(/([+-]?)Inf(?:inity)?(?=[,\]])/g, '"$1Infinity"'));
}

async function get(url: string): Promise<string> {
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`);
  return text;
}

/** Returns a port that is free now. */
function freePort(): number {
  const listener = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = listener;
  listener.stop(true);
  if (port === undefined) throw new Error("no free port");
  return port;
}
