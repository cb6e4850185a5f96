/** A wrong option, variable or operand: what, where it came from, the bad value, what is accepted, what to do next. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command cannot be started: it was not found, or what was found cannot be executed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(
    message: string,
    readonly reason: "not found" | "not executable",
  ) {
    super(message);
  }
}

/** A synchronised run cannot begin, or has lost its peer. */
export class SyncError extends Error {
  override readonly name = "SyncError";
}

/** A metrics file or another result cannot be written. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

/** A text is not in its format: where, what was expected, and the text that was there. */
export class ParseError extends Error {
  override readonly name = "ParseError";
  constructor(
    /** File, or file and line, as a person would look it up: `net/dev`, `run.prom:12`. */
    readonly where: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`${where}: expected ${expected}, got ${JSON.stringify(got.length > 80 ? `${got.slice(0, 77)}…` : got)}`);
  }
}

/** The kernel has the source, and refuses it to us (EACCES, EPERM). */
export class ForbiddenError extends Error {
  override readonly name = "ForbiddenError";
  constructor(readonly path: string) {
    super(`${path}: permission denied`);
  }
}

/** Metrics cannot be sent: to where, what it answered, what to do next. */
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
