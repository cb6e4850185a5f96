import type { SizeFormat } from "../cli/option-values.ts";
import { plainQuantity, type Unit } from "../recording/quantities.ts";
import { USUAL } from "../recording/sizing.ts";
import type { CpuSize, MemorySize, RunSizes, TimeSize } from "../recording/sizing-sizes.ts";
import { sizeNotes } from "./size-notes.ts";

/** Sizes, and of what they are. */
export interface SizeReport {
  readonly command: string;
  readonly sizes: RunSizes;
}

/** Writes sizes in one format. Of a size that is not known, nothing is written. */
export const SIZE_WRITERS: { readonly [Format in SizeFormat]: (report: SizeReport) => string } = {
  table: sizeTable,
  json: sizeJson,
  kubernetes: (report) => commented("#", report, kubernetes(report.sizes)),
  slurm: (report) => commented("#", report, slurm(report.sizes)),
  nextflow: (report) => commented("//", report, nextflow(report.sizes)),
  snakemake: (report) => commented("#", report, snakemake(report.sizes)),
  github: (report) => commented("#", report, github(report.sizes)),
  gitlab: (report) => commented("#", report, gitlab(report.sizes)),
};

const WIDTH = 80;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Sizes with what they rest on as comments before them. */
function commented(mark: string, report: SizeReport, lines: readonly string[]): string {
  const about = [title(report), ...sizeNotes(report.sizes)].flatMap((note) => wrapped(note, WIDTH - mark.length - 1));
  return `${[...about.map((line) => `${mark} ${line}`), ...lines].join("\n")}\n`;
}

function title({ command, sizes }: SizeReport): string {
  const { complete } = sizes.ends;
  // A command line may be long, and have line breaks.
  const shown = command.replace(/[\s\p{Cc}]+/gu, " ");
  return `${shown.length > 50 ? `${shown.slice(0, 49)}…` : shown}: sizes from ${complete} complete ${complete === 1 ? "run" : "runs"}`;
}

function sizeTable(report: SizeReport): string {
  const { memory, cpu, time } = report.sizes;
  const rows = [
    row("memory", "bytes", memory, memory?.requestBytes, memory?.limitBytes),
    row("CPU cores", "cores", cpu, cpu?.requestCores, cpu?.limitCores),
    row("wall time", "seconds", time, undefined, time?.limitSeconds),
  ];
  const head = ["", "runs", "median", "highest", "request", "limit"];
  const usual = `Requests are what ${USUAL * 100} % of the runs needed.`;
  const notes = [usual, ...sizeNotes(report.sizes)].flatMap((note) => ["", ...wrapped(note, WIDTH)]);
  return `${[...wrapped(title(report), WIDTH), "", laidOut(head), ...rows.flat(), ...notes].join("\n")}\n`;
}

function row(
  what: string,
  unit: Unit,
  size: MemorySize | CpuSize | TimeSize | undefined,
  ...sizes: (number | undefined)[]
) {
  if (size === undefined) return [];
  const { runs, median, highest } = size;
  const cells = [median, highest, ...sizes].map((value) => (value === undefined ? "–" : plainQuantity(value, unit)));
  return [laidOut([what, String(runs), ...cells])];
}

function laidOut(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(11) : cell.padStart(i === 1 ? 6 : 13))).join("");
}

function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (lines[last] === "") lines[last] = word;
    else if (lines[last]!.length + 1 + word.length <= width) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Grows with every change that a reader of the version before would not understand. A new key is no such change. */
const JSON_VERSION = 1;

function sizeJson({ command, sizes }: SizeReport): string {
  const { ends, memory, cpu, time } = sizes;
  const known = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? undefined : value);
  const value = {
    ...{ version: JSON_VERSION, command },
    runs: {
      ...{ complete: ends.complete, failed: ends.failed },
      ...{ killed_for_memory: ends["killed for memory"], unfinished: ends.unfinished },
    },
    memory: memory && {
      ...{ runs: memory.runs, median_bytes: memory.median, highest_bytes: memory.highest },
      ...{ request_bytes: memory.requestBytes, limit_bytes: memory.limitBytes },
      ...{ limit_by: memory.basis.by.replaceAll(" ", "_"), margin: memory.basis.margin },
      ...{ lower_bounds: memory.lowerBounds, at_most_bytes: memory.atMostBytes },
      ...{ killed_at_bytes: known(memory.killedAtBytes), grows: memory.grows },
    },
    cpu: cpu && {
      ...{ runs: cpu.runs, median_cores: cpu.median, highest_cores: cpu.highest, usable_cpus: known(cpu.usableCpus) },
      ...{ request_cores: cpu.requestCores, limit_cores: cpu.limitCores },
      ...{ saturated_runs: cpu.saturated, throttled_runs: cpu.throttled, crowded_runs: cpu.crowded },
    },
    time: time && {
      ...{ runs: time.runs, median_seconds: time.median, highest_seconds: time.highest },
      limit_seconds: time.limitSeconds,
    },
    notes: sizeNotes(sizes),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Resources of a container: CPU in thousandths of a core. */
function kubernetes({ memory, cpu }: RunSizes): string[] {
  const cpuText = (cores: number) => `    cpu: ${Math.round(cores * 1000)}m`;
  const memoryText = (bytes: number) => `    memory: ${bytes / MIB}Mi`;
  const part = (cores: number | undefined, bytes: number | undefined) => [
    ...(cores === undefined ? [] : [cpuText(cores)]),
    ...(bytes === undefined ? [] : [memoryText(bytes)]),
  ];
  if (!memory && !cpu) return ["resources: {}"];
  const requests = part(cpu?.requestCores, memory?.requestBytes);
  const limits = part(cpu?.limitCores, memory?.limitBytes);
  return ["resources:", "  requests:", ...requests, "  limits:", ...limits];
}

/** Whole CPUs, as schedulers hand them out. */
function wholeCpus({ requestCores }: CpuSize): number {
  return Math.max(1, Math.ceil(requestCores));
}

/** Slurm's M is a MiB. */
function slurm({ memory, cpu, time }: RunSizes): string[] {
  return [
    ...(cpu ? [`#SBATCH --cpus-per-task=${wholeCpus(cpu)}`] : []),
    ...(memory ? [`#SBATCH --mem=${memory.limitBytes / MIB}M`] : []),
    ...(time ? [`#SBATCH --time=${clock(time.limitSeconds)}`] : []),
  ];
}

/** Days, hours, minutes and seconds: `1-02:03:00`. */
function clock(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  const two = (value: number) => String(value).padStart(2, "0");
  const days = Math.floor(minutes / 1440);
  return `${days > 0 ? `${days}-` : ""}${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}:00`;
}

/** Nextflow's MB is a MiB. */
function nextflow({ memory, cpu, time }: RunSizes): string[] {
  return [
    "process {",
    ...(cpu ? [`    cpus = ${wholeCpus(cpu)}`] : []),
    ...(memory ? [`    memory = '${memory.limitBytes / MIB} MB'`] : []),
    ...(time ? [`    time = '${Math.ceil(time.limitSeconds / 60)} min'`] : []),
    "}",
  ];
}

/** Lines of a rule; its runtime is in minutes. */
function snakemake({ memory, cpu, time }: RunSizes): string[] {
  const resources = [
    ...(memory ? [`        mem_mib=${memory.limitBytes / MIB},`] : []),
    ...(time ? [`        runtime=${Math.ceil(time.limitSeconds / 60)},`] : []),
  ];
  return [
    ...(cpu ? [`    threads: ${wholeCpus(cpu)}`] : []),
    ...(resources.length > 0 ? ["    resources:", ...resources] : []),
  ];
}

/** A machine that runs jobs. */
interface Runner {
  readonly cpus: number;
  readonly memoryGib: number;
  /** What a job asks for it by. */
  readonly label: string;
}

/** What the runner's own system takes of its memory. */
const SYSTEM_BYTES = GIB;

const GITHUB_RUNNERS: readonly Runner[] = [
  { cpus: 2, memoryGib: 8, label: "ubuntu-latest" },
  ...[4, 8, 16, 32, 64].map((cpus) => ({ cpus, memoryGib: 4 * cpus, label: `ubuntu-latest-${cpus}-cores` })),
];

const GITLAB_RUNNERS: readonly Runner[] = ["small", "medium", "large", "xlarge", "2xlarge"].map((size, i) => {
  const cpus = 2 ** (i + 1);
  return { cpus, memoryGib: 4 * cpus, label: `saas-linux-${size}-amd64` };
});

/** The smallest runner with enough; undefined: none has. */
function runnerFor({ memory, cpu }: RunSizes, runners: readonly Runner[]): Runner | undefined {
  const bytes = (memory?.limitBytes ?? 0) + SYSTEM_BYTES;
  const cores = cpu?.requestCores ?? 0;
  return runners.find(({ cpus, memoryGib }) => cpus >= cores && memoryGib * GIB >= bytes);
}

function needText({ memory, cpu }: RunSizes): string {
  const parts = [
    ...(cpu ? [`${plainQuantity(cpu.requestCores, "cores")} CPUs`] : []),
    ...(memory ? [plainQuantity(memory.limitBytes, "bytes")] : []),
  ];
  return `${parts.join(" and ")}, and 1 GiB for the runner's system`;
}

function github(sizes: RunSizes): string[] {
  const runner = runnerFor(sizes, GITHUB_RUNNERS);
  const need = `# It needs ${needText(sizes)}.`;
  if (!runner) return [need, "# No runner of GitHub has that; a self-hosted one may:", "runs-on: [self-hosted]"];
  const names =
    runner === GITHUB_RUNNERS[0]
      ? ["# ubuntu-latest has 2 CPUs and 8 GiB; in a public repository 4 and 16."]
      : [
          `# A larger runner with ${runner.cpus} CPUs and ${runner.memoryGib} GiB;`,
          "# its label is what your organization called it.",
        ];
  return [need, ...names, `runs-on: ${runner.label}`];
}

function gitlab(sizes: RunSizes): string[] {
  const runner = runnerFor(sizes, GITLAB_RUNNERS);
  const need = `# It needs ${needText(sizes)}.`;
  if (!runner)
    return [need, "# No runner of GitLab.com has that; the tag of one of yours may be:", "tags: [self-hosted]"];
  return [need, `# ${runner.cpus} CPUs and ${runner.memoryGib} GiB on GitLab.com.`, `tags: [${runner.label}]`];
}
