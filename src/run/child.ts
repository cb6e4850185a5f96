import { CommandError } from "../errors.ts";
import { fileLimit, setFileLimit } from "../os/process.ts";
import type { Inherited } from "./inherited.ts";
import type { ResolvedCommand } from "./resolve-command.ts";
import { signalNumber } from "./signal-names.ts";

/** How a command ended. */
export type Ending =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signal: number }
  /** The kernel would not say, which the runtime reports as an error. */
  | { readonly kind: "unknown" };

/** The command, started. */
export interface Child {
  readonly pid: number;
  /** Resolves when the command itself has ended, whatever it leaves behind. */
  readonly ended: Promise<Ending>;
  /** Sends it a signal, once; nothing where it has ended. */
  signal(signal: number): void;
}

/** Executes a file with an argv. Throws an error whose `code` is the errno's name. */
export type Launch = (path: string, argv: readonly string[], inherited: Inherited) => Child;

/** What execvp(3) runs a file with that has no `#!` line. */
const SHELL = "/bin/sh";

/** Starts the command with the caller's descriptors, environment and limits. Throws CommandError. */
export function startChild(command: ResolvedCommand, inherited: Inherited, launch: Launch): Child {
  if (inherited.softFileLimit !== undefined) setFileLimit({ ...fileLimit(), soft: inherited.softFileLimit });
  const { path, argv } = command;
  try {
    return launch(path, argv, inherited);
  } catch (error) {
    if (codeOf(error) !== "ENOEXEC") throw refusal(command, error);
    return launch(SHELL, [SHELL, path, ...argv.slice(1)], inherited);
  }
}

/** By the runtime: what it cannot pass on unchanged is `launchExactly`'s. */
export const launch: Launch = launchIn(undefined);

/** The same, into a control group of version 2 by its folder. */
export function launchIn(cgroup: string | undefined): Launch {
  return (path, argv, inherited) => spawn(path, argv, { descriptors: inherited.descriptors, cgroup });
}

interface Surroundings {
  readonly descriptors: readonly number[];
  readonly cgroup: string | undefined;
}

function spawn(path: string, [argv0, ...args]: readonly string[], { descriptors, cgroup }: Surroundings): Child {
  const stdio: ("inherit" | number)[] = ["inherit", "inherit", "inherit"];
  for (const fd of descriptors) stdio[fd] = fd;
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  // The environment is left out: the default is the caller's, with bytes that are no text kept.
  const child = Bun.spawn([path, ...args], {
    ...(argv0 === undefined ? {} : { argv0 }),
    ...(cgroup === undefined ? {} : { cgroup }),
    stdio: stdio as ["inherit", "inherit", "inherit"],
    onExit(_, code, signal, error) {
      if (error) reject(error);
      else if (signal !== null) resolve({ kind: "signaled", signal: numberOf(signal) });
      else resolve({ kind: "exited", code: code ?? 0 });
    },
  });
  return { pid: child.pid, ended: promise, signal: (signal) => child.kill(signal) };
}

/** The runtime names a signal, and gives a real-time one as its number. */
function numberOf(signal: string | number): number {
  return typeof signal === "number" ? signal : signalNumber(signal);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function refusal(command: ResolvedCommand, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const name = command.argv[0] ?? command.path;
  if (code === "ENOENT")
    return new CommandError(`${name}: its interpreter is missing; look at the file's first line`, "not found");
  const reason = code === "E2BIG" ? "arguments and environment are too long" : code;
  return new CommandError(`${name}: cannot be executed (${reason})`, "not executable");
}
