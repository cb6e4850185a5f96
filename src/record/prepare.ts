import type { CommandCgroup } from "../cgroup/run-in-cgroup.ts";
import type { Config } from "../cli/config.ts";
import { UsageError } from "../errors.ts";
import { fileStatus, mayAccess } from "../os/files.ts";
import { claimMetricsFile, type JournalPlace, type MetricsFile } from "../output/metrics-file.ts";
import { areResultsWanted } from "../output/results-wanted.ts";
import { type Launch, launch, launchIn } from "../run/child.ts";
import { type Inherited, lookup, needsExactLaunch } from "../run/inherited.ts";
import { type ResolvedCommand, resolveCommand } from "../run/resolve-command.ts";
import type { Telling } from "./finish.ts";

/* What is looked at, checked and taken before the command starts, so that nothing can be in the way at its end. */

/** What is to be told at the end, its places taken; undefined: nothing. Throws OutputError, UsageError. */
export async function toTell(config: Config, warn: (message: string) => void): Promise<Telling | undefined> {
  if (!areResultsWanted(config)) return undefined;
  const [{ Results }, { limitsOf }] = await Promise.all([
    import("../output/results.ts"),
    import("../output/limits.ts"),
  ]);
  checkMeasurable(config);
  return { limits: await limitsOf(config.budgets, config.baselines, warn), results: new Results(config) };
}

/** A budget for what cannot be measured here would always be kept. Throws UsageError. */
function checkMeasurable({ budgets, cgroup }: Config): void {
  const cache = budgets.find(({ name }) => name === "memory-with-cache");
  if (cache && cgroup === undefined)
    throw new UsageError(`--budget: ${cache.text} takes a control group to be measured; add --cgroup auto`);
  const io = budgets.find(({ name }) => name === "read" || name === "written");
  if (io && !mayAccess("/proc/self/io", "read"))
    throw new UsageError(
      `--budget: ${io.text} cannot be measured here: the kernel does not count it (no /proc/self/io)`,
    );
}

/** The command as it will be executed. Throws CommandError. */
export function found(argv: readonly string[], inherited: Inherited): ResolvedCommand {
  const { name, path } = lookup(inherited, argv, process.env.PATH);
  return resolveCommand(argv, path, name);
}

/** The metrics file's place, where there can be a journal too. Throws OutputError, UsageError. */
export function claimed({ file, journalDir, pushTo }: Config): MetricsFile {
  const fault = journalDir === undefined ? undefined : folderFault(journalDir);
  if (fault) throw new UsageError(`--journal-dir (SE_JOURNAL_DIR): "${journalDir}": ${fault}`);
  const place = claimMetricsFile(file);
  if (pushTo && place.mayBlock)
    throw new UsageError(`--push-to (SE_PUSH_TO): ${file} cannot be read back; name a file with --file`);
  return place;
}

/** Why no file could be made in a folder; undefined: one could. */
function folderFault(folder: string): string | undefined {
  const status = fileStatus(folder);
  if (!status) return "there is no such folder; create it";
  if (status.kind !== "directory") return `a ${status.kind}, expected a folder`;
  return mayAccess(folder, "write") ? undefined : "nothing can be made in it (permission denied); name another";
}

/** Beside the metrics file, or where the user says, where it may be among those of files that are called the same. */
export function journalPlace(
  { journal, path }: MetricsFile,
  { journalDir }: Config,
): JournalPlace & { target: string } {
  const target = path.startsWith("/") ? path : `${process.cwd()}/${path}`;
  return journalDir === undefined ? { ...journal, target } : { ...journal, folder: journalDir, shared: true, target };
}

/** The runtime's way, unless it would change something on it: the exact way is loaded only then. */
export async function launcherFor(
  inherited: Inherited,
  command: ResolvedCommand,
  group: CommandCgroup | undefined,
): Promise<Launch> {
  const exact = needsExactLaunch(inherited, command);
  const launcher = exact ? (await import("../run/exact-child.ts")).launchExactly : launch;
  return group === undefined ? launcher : group.launcher(launcher, exact ? undefined : launchIn);
}

/** The place of the report. Throws OutputError, and then that of the metrics file is given back. */
export function claimPage(path: string, file: MetricsFile): MetricsFile {
  try {
    return claimMetricsFile(path, "--report-to");
  } catch (error) {
    file.abandon();
    throw error;
  }
}
