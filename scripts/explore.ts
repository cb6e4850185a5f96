import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DASHBOARD_UID } from "../explorer/grafana/dashboard.ts";
import { openBrowser } from "../explorer/server/explore-server.ts";
import { METRICS_NAME } from "../explorer/server/run-list.ts";
import { type Pushed, pushFile } from "../src/output/push/push-file.ts";

const ROOT = join(import.meta.dir, "..");
const IMPORT = join(ROOT, "explorer/import");
/** The project's name is an option, since docker-compose 1 does not know the file's `name`. */
const STACK = ["-p", "statexec-explorer", "-f", join(ROOT, "explorer/grafana/compose.yaml")];

/** Long enough to download the images. */
const READY_MS = 300_000;

/** The time to show before and after a run, so that its ends are not at the edge of the dashboard. */
const PADDING_MS = 1000;

/** Returns the metrics files of a folder, by name. */
export function metricsFiles(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => METRICS_NAME.test(name) && !name.startsWith("."));
  return names.sort().map((name) => join(folder, name));
}

/** Returns the command for Compose: Docker's plugin or the separate program; or why neither works. */
export function composeCommand(): readonly string[] | { readonly missing: string } {
  if (succeeds(["docker", "compose", "version"])) return engine(["docker", "compose"]);
  if (succeeds(["docker-compose", "version"])) return engine(["docker-compose"]);
  return { missing: "neither `docker compose` nor `docker-compose` is installed" };
}

function engine(command: readonly string[]): readonly string[] | { readonly missing: string } {
  // `ps` needs the engine; `version` does not.
  if (succeeds([...command, ...STACK, "ps"])) return command;
  return { missing: "Docker is installed, but its engine does not answer (is it running, and may you use it?)" };
}

function succeeds(words: readonly string[]): boolean {
  const path = Bun.which(words[0]!);
  if (path === null) return false;
  return Bun.spawnSync([path, ...words.slice(1)], { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
}

/** Returns the address of the dashboard with the time and the runs of some files. */
export function dashboardUrl(grafana: string, files: readonly Pick<Pushed, "firstMs" | "lastMs" | "runs">[]): string {
  const params = new URLSearchParams();
  params.append("from", String(Math.floor(Math.min(...files.map(({ firstMs }) => firstMs))) - PADDING_MS));
  params.append("to", String(Math.ceil(Math.max(...files.map(({ lastMs }) => lastMs))) + PADDING_MS));
  const runs = files.flatMap((file) => file.runs);
  for (const instance of new Set(runs.map((run) => run.instance))) params.append("var-instance", instance);
  for (const role of new Set(runs.map((run) => run.role))) params.append("var-role", role);
  return `${grafana}/d/${DASHBOARD_UID}?${params}`;
}

/** Returns the files to show together: the newest one, and those whose time overlaps with it. */
export function overlapping<T extends Pick<Pushed, "firstMs" | "lastMs">>(files: readonly T[], newest: T): T[] {
  return files.filter(({ firstMs, lastMs }) => firstMs <= newest.lastMs && lastMs >= newest.firstMs);
}

async function explore(): Promise<number> {
  const files = metricsFiles(IMPORT);
  if (files.length === 0) throw new Error(`no *.prom in ${IMPORT}: put a metrics file there`);
  const compose = composeCommand();
  if ("missing" in compose) return withoutDocker(compose.missing);
  await run([...compose, ...STACK, "up", "-d"]);
  const [victoria, grafana] = [address("STATEXEC_VICTORIA_PORT", 8428), address("STATEXEC_GRAFANA_PORT", 3000)];
  process.env.NO_PROXY = "*";
  await Promise.all([untilReady(`${victoria}/health`), untilReady(`${grafana}/api/health`)]);
  const pushed: Pushed[] = [];
  const target = {
    format: "text",
    url: `${victoria}/api/v1/import/prometheus`,
    secrets: {},
    names: "statexec",
    ci: false,
  } as const;
  for (const file of files) {
    const one = await pushFile(file, target, new AbortController().signal);
    for (const warning of one.warnings) console.error(warning);
    console.log(`${file}: ${one.points} points\n  ${dashboardUrl(grafana, [one])}`);
    pushed.push(one);
  }
  const newest = pushed.reduce((a, b) => (statSync(b.file).mtimeMs > statSync(a.file).mtimeMs ? b : a));
  const url = dashboardUrl(grafana, overlapping(pushed, newest));
  console.log(`\n${url}`);
  openBrowser(url, process.env);
  return 0;
}

/** Shows the same files with `statexec --explore`. */
async function withoutDocker(why: string): Promise<number> {
  console.error(`${why}; Grafana needs it.`);
  console.error("Showing the same files with statexec's own page.");
  const child = Bun.spawn([process.execPath, join(ROOT, "index.ts"), "--explore", IMPORT], {
    stdio: ["inherit", "inherit", "inherit"],
  });
  return await child.exited;
}

function address(variable: string, port: number): string {
  return `http://127.0.0.1:${process.env[variable] || port}`;
}

async function untilReady(url: string): Promise<void> {
  for (const deadline = performance.now() + READY_MS; ; await Bun.sleep(500)) {
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    if (performance.now() > deadline)
      throw new Error(`${url}: no answer within ${READY_MS / 1000} s; see \`docker ps\``);
  }
}

async function run(words: readonly string[]): Promise<void> {
  const status = await Bun.spawn([...words], { stdio: ["ignore", "inherit", "inherit"] }).exited;
  if (status !== 0) throw new Error(`${words.join(" ")}: ended with ${status}`);
}

async function stop(): Promise<number> {
  const compose = composeCommand();
  if ("missing" in compose) throw new Error(compose.missing);
  await run([...compose, ...STACK, "down"]);
  return 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await (process.argv[2] === "stop" ? stop() : explore());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
