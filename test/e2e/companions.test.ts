import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { BIN, cleanEnv, statexec, tempFolder } from "../helpers/statexec.ts";
import { Terminal } from "../helpers/terminal.ts";
import { countOfScrape, isMissing } from "../helpers/validators.ts";

/** A port that was free just now. */
function freePort(): number {
  const probe = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = probe;
  probe.stop(true);
  return port!;
}

/** Starts a run that lasts until its input ends. */
function listening(folder: string, listen: string | number, command: readonly string[] = ["cat"]) {
  const words = [BIN, "--interval", "0.1", "-q", "-f", "run.prom", "--listen", String(listen), ...command];
  return Bun.spawn(words, { cwd: folder, env: cleanEnv(), stdin: "pipe", stdout: "pipe", stderr: "pipe" });
}

/** Asks until there is an answer of this status. */
async function answered(url: string, status: number, headers: Record<string, string> = {}): Promise<Response> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; await Bun.sleep(50)) {
    const answer = await fetch(url, { headers }).catch(() => undefined);
    if (answer?.status === status) return answer;
  }
  throw new Error(`${url}: never answered with ${status}`);
}

async function untilGone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await Bun.sleep(20);
}

/** The process that serves the page of a recorder. */
function companionOf(recorder: number): number {
  for (const pid of readdirSync("/proc").map(Number)) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "latin1").includes(`STATEXEC_RECORDER=${recorder}\0`)) continue;
      if (readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("--explore-port")) return pid;
    } catch {
      // It has ended, or is none of ours.
    }
  }
  throw new Error(`process ${recorder} has no companion`);
}

describe("--listen", () => {
  test("serves page, latest sample and runs while the command runs, and ends with it", async () => {
    using folder = tempFolder();
    const port = freePort();
    const run = listening(folder.path, port);
    const base = `http://127.0.0.1:${port}`;
    const metrics = await answered(`${base}/metrics`, 200);
    expect(metrics.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    const text = await metrics.text();
    expect(text).toContain('\nstatexec_command_status{instance="cat",job="statexec",role="standalone"} 1\n');
    expect(text).toContain('fact="command"');
    expect(text).not.toContain("statexec_event_");
    if (!isMissing("strictParser")) expect(await countOfScrape(text)).toBeGreaterThan(100);
    expect(await (await fetch(`${base}/`)).text()).toContain("<html");
    const { runs } = (await (await fetch(`${base}/api/runs`)).json()) as { runs: { live: boolean }[] };
    expect(runs.map(({ live }) => live)).toEqual([true]);
    run.stdin.end();
    expect([await run.exited, await run.stderr.text()]).toEqual([0, ""]);
    expect(await fetch(`${base}/`).catch(() => "gone")).toBe("gone");
  }, 120_000);

  test("counts nothing of it as the command's", async () => {
    using folder = tempFolder();
    const run = listening(folder.path, freePort(), ["sh", "-c", "sleep 2; exec true"]);
    expect(await run.exited).toBe(0);
    const text = readFileSync(folder.file("run.prom"), "utf8");
    const values = (name: string) =>
      [...text.matchAll(new RegExp(`^statexec_${name}(?:\\{[^}]*\\})? (\\S+) `, "gm"))].map(([, value]) =>
        Number(value),
      );
    expect(Math.max(...values("command_processes"))).toBeLessThanOrEqual(2);
    // It takes ten times that to start.
    expect(values("command_cpu_seconds_total").reduce((sum, value) => Math.max(sum, value), 0)).toBeLessThan(0.05);
    expect(Math.max(...values("command_memory_largest_process_bytes"))).toBeLessThan(40 * 2 ** 20);
  }, 120_000);

  test("does not start the command where the port is taken", async () => {
    using folder = tempFolder();
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const words = ["--listen", String(taken.port), "-f", "run.prom", "touch", "started"];
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    const { port } = taken;
    taken.stop(true);
    expect({ code, stderr }).toEqual({
      code: 125,
      stderr: `statexec: --listen (SE_LISTEN): 127.0.0.1:${port}: the port is taken; take another one\n`,
    });
    expect(existsSync(folder.file("started"))).toBe(false);
    expect(existsSync(folder.file("run.prom"))).toBe(false);
  });

  test("ends when the recorder is killed; the command goes on without its end", async () => {
    using folder = tempFolder();
    const port = freePort();
    const run = listening(folder.path, port);
    await answered(`http://127.0.0.1:${port}/metrics`, 200);
    const companion = companionOf(run.pid);
    process.kill(run.pid, "SIGKILL");
    await untilGone(companion);
    run.stdin.end();
    await run.exited;
  }, 120_000);

  test("does not end by Ctrl-C of the terminal", async () => {
    using folder = tempFolder();
    const port = freePort();
    const words = [BIN, "-q", "--interval", "0.1", "--listen", String(port), "sh", "-c", "trap '' INT; cat"];
    const terminal = new Terminal(words, { cwd: folder.path });
    await answered(`http://127.0.0.1:${port}/metrics`, 200);
    terminal.type("\u0003");
    await terminal.shows(/\^C/);
    const again = await fetch(`http://127.0.0.1:${port}/api/runs`);
    expect(again.status).toBe(200);
    terminal.type("\u0004");
    await terminal.child.exited;
  }, 120_000);

  test("answers other machines only where an address is given, and browsers only by names of this machine", async () => {
    using folder = tempFolder();
    const port = freePort();
    const run = listening(folder.path, `0.0.0.0:${port}`);
    const url = `http://127.0.0.1:${port}/metrics`;
    await answered(url, 200);
    const status = async (headers: Record<string, string>) => (await fetch(url, { headers })).status;
    const browser = { "accept-language": "en" };
    expect(await status({ host: `10.1.2.3:${port}`, ...browser })).toBe(200);
    expect(await status({ host: `${hostname()}:${port}`, ...browser })).toBe(200);
    expect(await status({ host: `evil.example:${port}`, ...browser })).toBe(403);
    expect(await status({ host: `build.example:${port}` })).toBe(200);
    expect(await status({ host: `10.1.2.3:${port}`, origin: "http://evil.example" })).toBe(403);
    run.stdin.end();
    await run.exited;
  }, 120_000);

  test("answers only its own address where none is given", async () => {
    using folder = tempFolder();
    const port = freePort();
    const run = listening(folder.path, `:${port}`);
    const url = `http://127.0.0.1:${port}/metrics`;
    await answered(url, 200);
    for (const host of [`10.1.2.3:${port}`, `${hostname()}.:${port}`, "evil.example"])
      expect((await fetch(url, { headers: { host } })).status, host).toBe(403);
    run.stdin.end();
    await run.exited;
  }, 120_000);

  test.each(["0", "x", "1.2.3.4", "99999", "host:", "http://host:99", "a b:99"])("%j is refused", async (value) => {
    const { code, stderr } = await statexec(["--listen", value, "true"]);
    expect(code).toBe(125);
    expect(stderr).toContain("expected a port");
  });
});

test.each([
  [1, "no journal is open in process 1: it records nothing, or is another user's"],
  [2 ** 30, `${2 ** 30}: No such file or directory`],
])("--explore of the process %d, which is no recorder, is refused", async (pid, message) => {
  using folder = tempFolder();
  const { code, stdout, stderr } = await statexec(["--explore", "--no-open", String(pid)], { cwd: folder.path });
  expect({ code, stdout }).toEqual({ code: 125, stdout: "" });
  expect(stderr).toBe(`statexec: --explore: ${message}\n`);
});

describe.skipIf(isMissing("prometheus"))("a real Prometheus", () => {
  test("scrapes a run that goes on", async () => {
    using folder = tempFolder();
    const port = freePort();
    const run = listening(folder.path, port);
    await answered(`http://127.0.0.1:${port}/metrics`, 200);
    const scrape = { job_name: "runs", scrape_interval: "1s", honor_labels: true };
    const config = { scrape_configs: [{ ...scrape, static_configs: [{ targets: [`127.0.0.1:${port}`] }] }] };
    await Bun.write(folder.file("prometheus.yml"), JSON.stringify(config));
    const own = `127.0.0.1:${freePort()}`;
    const options = [`--config.file=${folder.file("prometheus.yml")}`, `--storage.tsdb.path=${folder.file("data")}`];
    const server = Bun.spawn(["prometheus", ...options, `--web.listen-address=${own}`], {
      ...{ stdin: "ignore", stdout: "ignore", stderr: "ignore" },
    });
    try {
      const query = encodeURIComponent('statexec_command_status{instance="cat",job="statexec"}');
      let value: string | undefined;
      for (const deadline = performance.now() + 40_000; performance.now() < deadline; await Bun.sleep(100)) {
        const answer = await fetch(`http://${own}/api/v1/query?query=${query}`).catch(() => undefined);
        const { data } = ((await answer?.json().catch(() => undefined)) ?? {}) as {
          data?: { result: { value: [number, string] }[] };
        };
        value = data?.result[0]?.value[1];
        if (value !== undefined) break;
      }
      expect(value).toBe("1");
    } finally {
      server.kill();
      await server.exited;
      run.stdin.end();
      await run.exited;
    }
  }, 120_000);
});

describe("--live", () => {
  const env = { TERM: "xterm", LANG: "C.UTF-8" };

  test("paints the run on the terminal while the command writes elsewhere, budgets too", async () => {
    using folder = tempFolder();
    const script = `${BIN} --interval 0.1 --live --budget 'memory<1GiB' -f run.prom cat >out 2>err; echo "status $?"`;
    const terminal = new Terminal(["sh", "-c", script], { cwd: folder.path, env });
    await terminal.shows(/cat: running for /);
    await terminal.shows(/memory<1GiB: .* so far/);
    terminal.type("words\n\u0004");
    await terminal.shows(/status 0/);
    await terminal.child.exited;
    expect(readFileSync(folder.file("out"), "utf8")).toBe("words\n");
    expect(readFileSync(folder.file("err"), "utf8")).not.toContain("running for");
  }, 120_000);

  test("paints nothing where the command writes to the terminal, and says so", async () => {
    using folder = tempFolder();
    const terminal = new Terminal([BIN, "-q", "--live", "-f", "run.prom", "true"], { cwd: folder.path, env });
    await terminal.shows(/--live \(SE_LIVE\): nothing is shown, since the command writes to this terminal itself/);
    expect(await terminal.child.exited).toBe(0);
  }, 120_000);

  test("says that there is no terminal", async () => {
    using folder = tempFolder();
    const words = ["setsid", "--wait", BIN, "-q", "--live", "-f", "run.prom", "true"];
    const run = Bun.spawn(words, {
      cwd: folder.path,
      env: cleanEnv(),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    expect([await run.exited, await run.stderr.text()]).toEqual([
      0,
      "statexec: --live (SE_LIVE): nothing is shown, since there is no terminal\n",
    ]);
  });
});
