import { version } from "../../package.json";
import type { CompareRequest, ModeInvocation, RecoverRequest, SizeRequest } from "../cli/mode-requests.ts";
import type { ModeName } from "../cli/options.ts";
import { EXIT_STATUS } from "../errors.ts";
import { SystemError } from "../os/files.ts";
import { taskClockState } from "../os/perf-events.ts";
import * as output from "../os/print.ts";
import { isTerminal } from "../os/process.ts";
import { kernelFs } from "../proc/kernel-fs.ts";
import type { Ending } from "../run/child.ts";
import { compileEagerly } from "../run/start.ts";
import { safeLine } from "../safe-text.ts";

const SIGPIPE = 13;
const STDOUT = 1;

/** The function that carries out each mode and returns its exit status. It loads what it needs itself. */
const MODES: { readonly [Name in ModeName]: (request: ModeInvocation<Name>) => Promise<number> } = {
  help: async ({ topic }) => {
    const style = { colour: await hasColour() };
    const [{ renderHelp }, { renderShortHelp }] = await Promise.all([
      import("../cli/help.ts"),
      import("../cli/short-help.ts"),
    ]);
    output.printPainted(1, topic === "all" ? await renderHelp(style) : renderShortHelp(style));
    return EXIT_STATUS.done;
  },
  version: async () => printed(`statexec ${version}\n`),
  listCollectors: async () => {
    const { listCollectors } = await import("../collect/list-collectors.ts");
    const { hardwareCounterState } = await import("../os/perf-counters.ts");
    return printed(listCollectors(kernelFs(), taskClockState(), hardwareCounterState()));
  },
  recover: recoverAll,
  report: async (request) => {
    compileEagerly();
    const { writeReport } = await import("./report-mode.ts");
    await writeReport(request, { say: print, warn: await openLog() });
    return EXIT_STATUS.done;
  },
  export: async (request) => {
    compileEagerly();
    const { exportRuns } = await import("./export-mode.ts");
    await exportRuns(request, { say: print, warn: await openLog() });
    return EXIT_STATUS.done;
  },
  compare,
  size,
  history: async (request) => {
    compileEagerly();
    const { historyText } = await import("./history-mode.ts");
    return printed(await historyText(request, process.env, process.cwd()));
  },
  push: async (request) => {
    compileEagerly();
    const { pushAll } = await import("./push-mode.ts");
    return (await pushAll(request, { say: note, warn: output.warn })) ? EXIT_STATUS.done : EXIT_STATUS.failed;
  },
  explore,
  mark: async ({ phase }) => {
    const { mark } = await import("./mark-mode.ts");
    try {
      mark(phase);
    } catch (error) {
      // What is not recorded must not fail a build.
      if (!(error instanceof SystemError)) throw error;
      output.warn(`--mark: the phase is not recorded: ${error.message}`);
    }
    return EXIT_STATUS.done;
  },
  processesOf: async (request) => {
    compileEagerly();
    const { processesOf } = await import("./processes-mode.ts");
    const { text, warnings } = await processesOf(request);
    await warnAll(warnings);
    return printed(text);
  },
  watch: async (request) => {
    compileEagerly();
    const { watch } = await import("../live/watch.ts");
    await watch(request, process.env);
    return EXIT_STATUS.done;
  },
  completions: async ({ shell }) => {
    const { completionFor } = await import("./shell-completions.ts");
    return printed(completionFor(shell));
  },
};

/** Carries out a mode and returns how statexec ends. */
export async function runMode(invocation: ModeInvocation): Promise<Ending & { kind: "exited" | "signaled" }> {
  // A reader that leaves early is not a failure. We end by SIGPIPE as other programs do: status 0 would claim that the
  // result was delivered, and scripts with `pipefail` expect this signal.
  const ended = { kind: "signaled", signal: SIGPIPE } as const;
  try {
    const code = await carryOut(invocation);
    return hasReaderLeft && code === EXIT_STATUS.done ? ended : { kind: "exited", code };
  } catch (error) {
    if (isBrokenPipe(error)) return ended;
    throw error;
  }
}

function carryOut<Name extends ModeName>(invocation: ModeInvocation<Name>): Promise<number> {
  return MODES[invocation.mode](invocation);
}

async function recoverAll({ journals, file }: RecoverRequest): Promise<number> {
  compileEagerly();
  const { listRecoverable, recoverMetrics } = await import("../output/recover-metrics.ts");
  if (journals.length === 0) return printed(listRecoverable(process.cwd()));
  const warn = await openLog();
  for (const journal of journals) {
    const { file: made, content, warnings } = await recoverMetrics(journal, file);
    for (const warning of warnings) warn(`${journal}: ${warning}`);
    note(`${safeLine(made)}: ${content}\n`);
  }
  return EXIT_STATUS.done;
}

async function compare(request: CompareRequest): Promise<number> {
  compileEagerly();
  const { compareFiles } = await import("../output/compare-files.ts");
  const { table, warnings, isWorse } = await compareFiles(request, await hasColour());
  await warnAll(warnings);
  output.printPainted(1, table);
  return isWorse ? EXIT_STATUS.worse : EXIT_STATUS.done;
}

/** Whether standard output shows colours. */
async function hasColour(): Promise<boolean> {
  const { hasColours } = await import("../output/terminal-style.ts");
  return hasColours(STDOUT, process.env);
}

async function size(request: SizeRequest): Promise<number> {
  compileEagerly();
  const { sizeFiles } = await import("./size-mode.ts");
  const { text, warnings } = await sizeFiles(request);
  await warnAll(warnings);
  return printed(text);
}

async function warnAll(warnings: readonly string[]): Promise<void> {
  if (warnings.length === 0) return;
  const warn = await openLog();
  for (const warning of warnings) warn(warning);
}

/** Shows the page until a signal ends it. */
async function explore(request: ModeInvocation<"explore">): Promise<number> {
  compileEagerly();
  const [{ explore }, warn] = await Promise.all([import("../../explorer/server/explore-server.ts"), openLog()]);
  const say = (address: string) => {
    print(address);
    if (isTerminal(1)) output.print(2, "Ctrl-C ends it.\n");
  };
  await explore(request, { say, warn });
  return EXIT_STATUS.done;
}

function printed(text: string): number {
  print(text);
  return EXIT_STATUS.done;
}

/** Prints the result of a mode. Without a reader it throws, and the mode ends. */
function print(text: string): void {
  output.print(1, text);
}

/** Whether a note found no reader. */
let hasReaderLeft = false;

/** Prints what a mode has done so far. Without a reader the mode still does the rest. */
function note(text: string): void {
  if (hasReaderLeft) return;
  try {
    print(text);
  } catch (error) {
    if (!isBrokenPipe(error)) throw error;
    hasReaderLeft = true;
  }
}

/** Whether an error means that a pipe has no reader: standard output, or the place of a page. */
function isBrokenPipe(error: unknown): boolean {
  if (error instanceof SystemError) return error.code === "EPIPE";
  return error instanceof Error && isBrokenPipe(error.cause);
}

/** Returns what prints warnings on standard error. */
async function openLog(): Promise<(text: string) => void> {
  const { createConsola } = await import("consola/basic");
  const log = createConsola({ stdout: process.stderr, stderr: process.stderr });
  return (text) => log.warn(safeLine(text));
}
