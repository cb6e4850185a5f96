import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { SyncStatus } from "../../src/sync/sync-protocol.ts";
import { Recorded } from "./recorded.ts";
import { BIN, cleanEnv } from "./statexec.ts";
import { areValidatorsMissing, expectValid } from "./validators.ts";

/** A command that runs until it is stopped. */
export const FOREVER = ["sleep", "600"];

/**
 * A command that creates `$0.up` when it runs, and `$0.told` when it is stopped, as status 5. It starts nothing after
 * that: dash forgets a signal that comes while it starts a process.
 */
export const TELLTALE = [
  "sh",
  "-c",
  "trap 'echo INT > $0.told; kill $!; exit 5' INT; sleep 600 & : > $0.up; wait",
] as const;

export interface SideOptions {
  readonly cwd: string;
  readonly env?: Record<string, string | undefined>;
  /** Words in front of statexec. */
  readonly before?: readonly string[];
}

/**
 * One side of a synchronised run: statexec with these words. Its metrics are in `<name>.prom` of the folder, unless
 * SE_FILE is set.
 */
export class Side {
  readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly file: string;
  /** All of its stderr until now. */
  stderr = "";
  readonly stdout: Promise<string>;
  private readonly stderrEnd: Promise<void>;
  private onStderr: () => void = () => undefined;

  constructor(name: string, words: readonly string[], { cwd, env, before = [] }: SideOptions) {
    this.file = `${cwd}/${name}.prom`;
    const place = env?.SE_FILE === undefined ? ["-f", this.file] : [];
    this.child = Bun.spawn([...before, BIN, ...place, ...words], {
      ...{ cwd, env: cleanEnv(env), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    });
    this.stdout = this.child.stdout.text();
    this.stderrEnd = this.readStderr();
  }

  /** Resolves once stderr matches; rejects where it ends without a match. */
  async says(wanted: RegExp): Promise<void> {
    const said = new Promise<void>((resolve) => {
      this.onStderr = () => wanted.test(this.stderr) && resolve();
      this.onStderr();
    });
    const ended = this.stderrEnd.then(() => {
      if (!wanted.test(this.stderr)) throw new Error(`it ended without saying ${wanted}: ${this.stderr}`);
    });
    await Promise.race([said, ended]);
  }

  /** Resolves once this server listens. */
  async listening(): Promise<this> {
    await this.says(/waiting for .* on port/);
    return this;
  }

  /** Resolves with its exit status, 128 plus the signal where one ended it. */
  async status(): Promise<number> {
    await this.stderrEnd;
    return this.child.exited;
  }

  recorded(): Recorded {
    return new Recorded(this.file);
  }

  /** The names of its events, in order of time. */
  events(): string[] {
    return this.recorded().recording.events.map(({ event }) => event);
  }

  /** The time of the first event of this name, on the recording's axis. */
  eventMs(name: string): number {
    return this.recorded().recording.events.find(({ event }) => event === name)!.atMs;
  }

  /** The journal of a run that has not ended; empty in the first second of the recording. */
  journal(): string {
    const journal = join(dirname(this.file), `.${basename(this.file)}.${this.child.pid}.journal`);
    return existsSync(journal) ? readFileSync(journal, "latin1") : "";
  }

  private async readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.child.stderr) {
      this.stderr += decoder.decode(bytes, { stream: true });
      this.onStderr();
    }
  }
}

/** A server on a free port, and its clients on the same host. */
export class ServerSide extends Side {
  readonly port: string;
  private readonly options: SideOptions;

  constructor(words: readonly string[], options: SideOptions & { readonly name?: string }) {
    const port = `${freePort()}`;
    super(options.name ?? "server", ["-s", "-sp", port, ...words], options);
    this.port = port;
    this.options = options;
  }

  /** Starts a client of this server. */
  client(words: readonly string[], { name = "client", host = "127.0.0.1" } = {}): Side {
    return new Side(name, ["-c", `${host}:${this.port}`, ...words], this.options);
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** The answer to /status. */
  async syncStatus(): Promise<SyncStatus> {
    return (await fetch(this.url("/status"))).json() as Promise<SyncStatus>;
  }

  /** Polls until /status is as it should be. */
  async reaches(isSo: (status: SyncStatus) => boolean): Promise<void> {
    while (!isSo(await this.syncStatus())) await Bun.sleep(2);
  }
}

/** Starts a server with these words; resolves once it listens. */
export function startServer(
  words: readonly string[],
  options: SideOptions & { readonly name?: string },
): Promise<ServerSide> {
  return new ServerSide(words, options).listening();
}

/** Has the metrics files of these sides validated, where the validators are installed. */
export async function expectValidFiles(...sides: readonly Side[]): Promise<void> {
  if (!areValidatorsMissing()) for (const { file } of sides) await expectValid(file);
}

/** Returns a port that nothing listens on, on any address. */
export function freePort(): number {
  const server = Bun.listen({ hostname: "::", port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}
