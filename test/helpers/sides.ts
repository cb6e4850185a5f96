import { Recorded } from "./recorded.ts";
import { BIN, cleanEnv } from "./statexec.ts";

export interface SideOptions {
  readonly cwd: string;
  readonly env?: Record<string, string | undefined>;
  /** Words in front of statexec. */
  readonly before?: readonly string[];
}

/**
 * One side of a synchronised run: statexec with these words, its metrics in `<name>.prom` of a folder, unless a variable
 * says so.
 */
export class Side {
  readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly file: string;
  /** All that it said on stderr until now. */
  stderr = "";
  readonly stdout: Promise<string>;
  private readonly read: Promise<void>;
  private look: () => void = () => undefined;

  constructor(name: string, words: readonly string[], { cwd, env, before = [] }: SideOptions) {
    this.file = `${cwd}/${name}.prom`;
    const place = env?.SE_FILE === undefined ? ["-f", this.file] : [];
    this.child = Bun.spawn([...before, BIN, ...place, ...words], {
      ...{ cwd, env: cleanEnv(env), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    });
    this.stdout = this.child.stdout.text();
    this.read = this.listen();
  }

  /** Resolves once it has said something on stderr; rejects where it ends without. */
  async says(wanted: RegExp): Promise<void> {
    const said = new Promise<void>((resolve) => {
      this.look = () => wanted.test(this.stderr) && resolve();
      this.look();
    });
    const ended = this.read.then(() => {
      if (!wanted.test(this.stderr)) throw new Error(`it ended without saying ${wanted}: ${this.stderr}`);
    });
    await Promise.race([said, ended]);
  }

  /** A server that listens. */
  async listening(): Promise<this> {
    await this.says(/waiting for .* on port/);
    return this;
  }

  /** Its exit status, 128 and the signal where one ended it. */
  async status(): Promise<number> {
    await this.read;
    return this.child.exited;
  }

  recorded(): Recorded {
    return new Recorded(this.file);
  }

  /** The names of its events, in order of time. */
  events(): string[] {
    return this.recorded().recording.events.map(({ event }) => event);
  }

  private async listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.child.stderr) {
      this.stderr += decoder.decode(bytes, { stream: true });
      this.look();
    }
  }
}

/** A port that nothing listens on, on any address. */
export function freePort(): number {
  const server = Bun.listen({ hostname: "::", port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}
