import { CommandError, ShortageError } from "../errors.ts";
import { exitNow, forgoCore, sendSignal } from "../os/process.ts";
import { ALL_SIGNALS, setBlockedSignals, setDefaultAction } from "../os/signal-actions.ts";
import type { Inherited } from "./inherited.ts";
import type { ResolvedCommand } from "./resolve-command.ts";
import { codeOf, isShortage } from "./shortage.ts";
import { signalName, signalNumber } from "./signal-names.ts";

/** How a command ended. */
export type Ending =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signal: number }
  /** The runtime could not read it from the kernel, and reported an error. */
  | { readonly kind: "unknown" };

/** A command that was started. */
export interface Child {
  readonly pid: number;
  /** Resolves when the command itself has ended; its descendants may live on. */
  readonly ended: Promise<Ending>;
  /** Sends it a signal, unless it has ended. */
  signal(signal: number): void;
}

/** Executes a file with an argv. Throws an error whose `code` is the errno's name. */
export type Launch = (path: string, argv: readonly string[], inherited: Inherited) => Child;

/** Runs a file without a `#!` line. */
const SHELL = "/bin/sh";

/** Starts the command with the caller's descriptors, environment and limits. Throws CommandError, ShortageError. */
export function startChild(command: ResolvedCommand, inherited: Inherited, launch: Launch): Child {
  try {
    return withShell(command, (path, argv) => launch(path, argv, inherited));
  } catch (error) {
    throw isShortage(error) ? new ShortageError((error as Error).message) : refusal(command, error);
  }
}

/** Runs a file without a `#!` line by the shell, as execvp(3) does. */
export function withShell<T>({ path, argv }: ResolvedCommand, run: (path: string, argv: readonly string[]) => T): T {
  try {
    return run(path, argv);
  } catch (error) {
    if (codeOf(error) !== "ENOEXEC") throw error;
    return run(SHELL, [SHELL, path, ...argv.slice(1)]);
  }
}

/** Returns a launch by the runtime into a control group of version 2, by its folder. */
export function launchIn(cgroup: string): Launch {
  return (path, argv, inherited) => spawn(path, argv, { descriptors: inherited.descriptors, cgroup });
}

interface Surroundings {
  readonly descriptors: readonly number[];
  readonly cgroup: string;
}

function spawn(path: string, [argv0, ...args]: readonly string[], { descriptors, cgroup }: Surroundings): Child {
  const stdio: ("inherit" | number)[] = ["inherit", "inherit", "inherit"];
  for (const fd of descriptors) stdio[fd] = fd;
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  // Without `env` the command gets the caller's environment, including bytes that are not UTF-8.
  const child = Bun.spawn([path, ...args], {
    ...(argv0 === undefined ? {} : { argv0 }),
    cgroup,
    stdio: stdio as ["inherit", "inherit", "inherit"],
    onExit(_, code, signal, error) {
      if (error) reject(error);
      else if (signal !== null) resolve({ kind: "signaled", signal: numberOf(signal) });
      else resolve({ kind: "exited", code: code ?? 0 });
    },
  });
  return { pid: child.pid, ended: promise, signal: (signal) => child.kill(signal) };
}

/** The runtime reports a signal by name, and a real-time one by number. */
function numberOf(signal: string | number): number {
  return typeof signal === "number" ? signal : signalNumber(signal);
}

/** Returns why a command could not be executed, in words; other errors as they are. */
export function refusal(command: ResolvedCommand, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const name = command.argv[0] ?? command.path;
  if (code === "ENOENT")
    return new CommandError(`${name}: its interpreter is missing; look at the file's first line`, "not found");
  const reason = code === "E2BIG" ? "arguments and environment are too long" : code;
  return new CommandError(`${name}: cannot be executed (${reason})`, "not executable");
}

/** Returns `Command done with status 3`, or the signal that ended it. */
export function describeEnding(ending: Ending): string {
  if (ending.kind === "exited") return `Command done with status ${ending.code}`;
  if (ending.kind === "unknown") return "Command ended, its status could not be read";
  return `Command ended by ${signalName(ending.signal)}`;
}

/** A shell reports a command that a signal ended with this plus the signal's number. */
const SIGNAL_STATUS = 128;

/** A signal to ourselves ends us within this time. */
const OWN_SIGNAL_MS = 50;

/** Ends this process as the command ended, so that the caller sees the same as without us. */
export function endLike(ending: Exclude<Ending, { kind: "unknown" }>): never {
  if (ending.kind === "exited") return exitNow(ending.code);
  const { signal } = ending;
  // A container's first process has no default actions: the kernel would let it run on.
  // The command may have left a core file, which ours must not replace.
  if (process.pid !== 1 && forgoCore()) {
    setDefaultAction(signal);
    // No other: one that is pending may not end us in its place.
    setBlockedSignals(ALL_SIGNALS & ~(1n << BigInt(signal - 1)));
    sendSignal(process.pid, signal);
    Bun.sleepSync(OWN_SIGNAL_MS);
  }
  return exitNow(SIGNAL_STATUS + signal);
}
