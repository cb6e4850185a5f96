import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadRecordings } from "../src/load/load-recordings.ts";
import { render } from "../src/openmetrics/render.ts";
import type { Recording } from "../src/recording/recording.ts";

const ROOT = join(import.meta.dir, "..");
const IMPORT = join(ROOT, "explorer/import");

/** All samples begin at 2024-01-01 00:00 UTC, so that a page can show them together. */
const START_MS = 1_704_067_200_000;

/** The facts that do not identify the machine. */
const KEPT_FACTS = new Set([
  "version",
  "runtime",
  "machine",
  "interval_seconds",
  "command",
  "summed_interface",
  "summed_disk",
]);

/** Sends 400 MB over the loopback interface, with a pause of 250 ms after each twelfth. */
const TRANSFER = `
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(new Uint8Array(1 << 25)) });
for (let i = 0; i < 12; i++) {
  await (await fetch("http://127.0.0.1:" + server.port)).arrayBuffer();
  await Bun.sleep(250);
}
server.stop(true);
`;

interface Sample {
  readonly name: string;
  readonly options: readonly string[];
  readonly command: readonly string[];
}

const SAMPLES: readonly Sample[] = [
  { name: "sleep", options: ["--delay", "1"], command: ["sleep", "3"] },
  { name: "transfer", options: ["--interval", "0.5"], command: ["bun", "-e", TRANSFER] },
  {
    name: "build",
    options: ["--interval", "0.5"],
    command: ["bun", "build", "--compile", "index.ts", "--outfile", "dist/sample"],
  },
];

/** Returns the recording without facts that identify the machine. */
function anonymous(recording: Recording): Recording {
  return { ...recording, facts: recording.facts.filter(([fact]) => KEPT_FACTS.has(fact)) };
}

async function record({ name, options, command }: Sample): Promise<void> {
  const file = join(IMPORT, `${name}.prom`);
  const own = ["-f", file, "-i", name, "-mst", String(START_MS), "--no-record-args", ...options];
  const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith("SE_")));
  const words = [join(ROOT, "dist/statexec"), ...own, "--", ...command];
  const child = Bun.spawn(words, { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
  if ((await child.exited) !== 0) throw new Error(`${name}: ended with ${child.exitCode}`);
  const { recordings, problems } = await loadRecordings(file);
  const [recording] = recordings;
  if (recording === undefined || problems.length > 0) throw new Error(problems.join("\n"));
  const chunks: Uint8Array[] = [];
  render(anonymous(recording), (bytes) => chunks.push(bytes.slice()));
  writeFileSync(file, Buffer.concat(chunks));
  console.log(`${file}: ${(Bun.file(file).size / 1024).toFixed(0)} KiB`);
}

for (const sample of SAMPLES) await record(sample);
rmSync(join(ROOT, "dist/sample"), { force: true });
