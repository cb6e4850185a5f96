/** A wrong option, variable or operand. The message says which, its value, what is accepted, and what to do next. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command cannot be started: its file was not found, or cannot be executed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(
    message: string,
    readonly reason: "not found" | "not executable",
  ) {
    super(message);
  }
}

/** Descriptors, processes or memory are too few for the recording; the command may do with fewer. */
export class ShortageError extends Error {
  override readonly name = "ShortageError";
}

/** A synchronised run cannot begin, or has lost its peer. */
export class SyncError extends Error {
  override readonly name = "SyncError";
}

/** A metrics file or another result cannot be written. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

/** A text is not in its format. The message says where, what was expected, and what was there. */
export class ParseError extends Error {
  override readonly name = "ParseError";
  constructor(
    /** File, or file and line: `net/dev`, `run.prom:12`. */
    readonly where: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`${where}: expected ${expected}, got ${JSON.stringify(got.length > 80 ? `${got.slice(0, 77)}…` : got)}`);
  }
}

/** The kernel does not let us read a file that exists (EACCES, EPERM). */
export class ForbiddenError extends Error {
  override readonly name = "ForbiddenError";
  constructor(readonly path: string) {
    super(`${path}: permission denied`);
  }
}

/** Metrics cannot be sent. The message says to where, what the answer was, and what to do next. */
export class PushError extends Error {
  override readonly name = "PushError";
}

/** The exit statuses of our own, as env(1) and timeout(1) have them. All others are the command's. */
export const EXIT_STATUS = {
  done: 0,
  worse: 1,
  overBudget: 124,
  failed: 125,
  notExecutable: 126,
  notFound: 127,
} as const;
