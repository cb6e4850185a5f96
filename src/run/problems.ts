/** Failures of the recorder: they never stop the command, and are told once, at the end. */
export class Problems {
  private readonly counts = new Map<string, number>();

  /** Takes what would end the process otherwise, and keeps the runtime able to wait for its children. */
  watch(): void {
    // Where the caller ignores SIGCHLD the kernel reaps the command unseen; a handler of any kind undoes that.
    process.on("SIGCHLD", () => undefined);
    process.on("uncaughtException", (error) => this.report(error));
    process.on("unhandledRejection", (error) => this.report(error));
  }

  report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.counts.set(message, (this.counts.get(message) ?? 0) + 1);
  }

  /** Does something that may fail, and goes on. */
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

  /** One line a kind of failure. */
  messages(): string[] {
    return [...this.counts].map(([message, count]) => (count > 1 ? `${message} (${count} times)` : message));
  }
}
