import { program } from "./programs.ts";
import { cleanEnv } from "./statexec.ts";

/** Where the program that counts signals runs: its words are put behind those of the callers. */
export interface CountedOptions {
  /** The words before the program: statexec and whoever calls it. */
  readonly before: readonly string[];
  /** In a terminal of its own, as the session's leader or a child of it, instead of pipes. */
  readonly terminal?: boolean;
  readonly cwd?: string;
}

/** One line of the program: a signal that it got and its si_code, 0 from kill(2), 128 from the kernel. */
export interface Caught {
  readonly signal: number;
  readonly code: number;
}

const CTRL_D = "\x04";

/** A running program that tells each signal it gets. */
export class Counted {
  readonly child: Bun.Subprocess;
  readonly caught: Caught[] = [];
  /** All that was written, on standard output or the terminal. */
  output = "";
  private partial = "";
  private _ready = Promise.withResolvers<void>();
  private waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  private readonly read: Promise<void>;

  constructor({ before, terminal = false, cwd }: CountedOptions) {
    const words = [...before, program("count")];
    const common = { env: cleanEnv(), ...(cwd === undefined ? {} : { cwd }) };
    if (terminal) {
      const decoder = new TextDecoder();
      this.child = Bun.spawn(words, {
        ...common,
        terminal: { data: (_, bytes) => this.take(decoder.decode(bytes, { stream: true })) },
      });
      this.read = this.child.exited.then(() => undefined);
    } else {
      const child = Bun.spawn(words, { ...common, stdin: "pipe", stdout: "pipe", stderr: "inherit" });
      this.child = child;
      this.read = this.readAll(child.stdout);
    }
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Resolves when the program has its handlers in place. */
  get ready(): Promise<void> {
    return this._ready.promise;
  }

  type(text: string): void {
    this.child.terminal?.write(text);
  }

  /** Resolves when it has got so many signals in all. */
  async reaches(count: number): Promise<void> {
    if (this.caught.length >= count) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push({ count, resolve });
    await promise;
  }

  /** Ends its standard input, and so the program; answers the exit status of the outermost. */
  async end(): Promise<number> {
    if (this.child.terminal) this.type(CTRL_D);
    else await (this.child.stdin as Bun.FileSink).end();
    const status = await this.child.exited;
    await this.read;
    return status;
  }

  private async readAll(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) this.take(decoder.decode(bytes, { stream: true }));
  }

  private take(text: string): void {
    this.output += text;
    const lines = (this.partial + text).split("\n");
    this.partial = lines.pop() ?? "";
    for (const line of lines) {
      if (line.trim() === "ready") this._ready.resolve();
      // A terminal shows the key that was typed before what came of it: `^C2 128`.
      const [, signal, code] = /^(?:\^.)*(\d+) (-?\d+)\r?$/.exec(line) ?? [];
      if (signal !== undefined) this.caught.push({ signal: Number(signal), code: Number(code) });
    }
    this.waiting = this.waiting.filter(({ count, resolve }) => {
      if (this.caught.length < count) return true;
      resolve();
      return false;
    });
  }
}
