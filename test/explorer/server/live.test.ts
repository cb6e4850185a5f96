import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import type { Runs } from "../../../explorer/data/model.ts";
import { type Explorer, startExplorer } from "../../helpers/explorer.ts";
import { until } from "../../helpers/processes.ts";
import { BIN, cleanEnv, tempFolder } from "../../helpers/statexec.ts";

/** Starts a run that ends with its command's input, and waits for its journal. */
async function liveRun(folder: string) {
  const run = Bun.spawn([BIN, "--interval", "0.05", "cat"], {
    cwd: folder,
    env: cleanEnv(),
    stdin: "pipe",
    stdout: "ignore",
  });
  await until(() => readdirSync(folder).some((name) => name.endsWith(".journal")));
  return run;
}

/** Yields the runs, at first and after each change. */
async function* followed(site: Explorer): AsyncIterable<Runs> {
  const events = await site.get("api/changes");
  const reader = events.body!.getReader();
  await reader.read();
  for (;;) {
    yield (await (await site.get("api/runs")).json()) as Runs;
    const { value, done } = await reader.read();
    expect(done).toBe(false);
    expect(new TextDecoder().decode(value)).toBe("data: changed\n\n");
  }
}

test.each([
  ["by default", []],
  ["by the name that its file will have", ["statexec_metrics.prom"]],
])("a live run is followed to its end, under one id: %s", async (_, names) => {
  using folder = tempFolder();
  const run = await liveRun(folder.path);
  await using site = await startExplorer(names, folder.path);
  const seen: number[] = [];
  for await (const { runs, problems } of followed(site)) {
    expect(problems).toEqual([]);
    const [only] = runs;
    expect(runs.length).toBe(1);
    expect(only).toMatchObject({ id: "1", instance: "cat" });
    seen.push(only!.endMs);
    if (seen.length === 3) run.stdin.end();
    if (!only!.live) {
      expect(only!.events.at(-1)?.text).toBe("Command done with status 0");
      expect(only!.command?.toMs).toBe(only!.endMs);
      break;
    }
  }
  expect(seen.length).toBeGreaterThan(3);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(new Set(seen.slice(0, 3)).size).toBe(3);
  expect(await run.exited).toBe(0);
  expect(existsSync(folder.file("statexec_metrics.prom"))).toBe(true);
  const file = await site.get("api/runs/1/raw");
  expect(await file.bytes()).toEqual(await Bun.file(folder.file("statexec_metrics.prom")).bytes());
});

test("a run whose recorder is killed has ended, and a problem says what is missing", async () => {
  using folder = tempFolder();
  const run = await liveRun(folder.path);
  await using site = await startExplorer(["."], folder.path);
  let changes = 0;
  for await (const { runs, problems } of followed(site)) {
    if (changes++ === 0) run.kill("SIGKILL");
    if (runs[0]!.live) continue;
    expect(problems[0]?.message).toMatch(/missing: all after .*, when the recorder was stopped/);
    expect(runs[0]!.series.length).toBeGreaterThan(10);
    break;
  }
  await run.exited;
});
