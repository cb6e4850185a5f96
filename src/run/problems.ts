/** Failures of the recorder: they never stop the command, and are printed once, at the end. */
export class Problems {
  private readonly counts = new Map<string, number>();

  /** Reports exceptions that would end the process, and makes sure that the runtime can wait for its children. */
  watch(): void {
    // Where the caller ignores SIGCHLD, the kernel discards the command's status; any handler prevents that.
    process.on("SIGCHLD", () => undefined);
    process.on("uncaughtException", (error) => this.report(error));
    process.on("unhandledRejection", (error) => this.report(error));
  }

  report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.counts.set(message, (this.counts.get(message) ?? 0) + 1);
  }

  /** Runs `action` and reports what it throws. */
  guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.report(error);
    }
  }

  get any(): boolean {
    return this.counts.size > 0;
  }

  /** Returns one line for each different failure. */
  messages(): string[] {
    return [...this.counts].map(([message, count]) => (count > 1 ? `${message} (${count} times)` : message));
  }
}
