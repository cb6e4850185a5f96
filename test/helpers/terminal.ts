import { cleanEnv } from "./statexec.ts";

export interface TerminalOptions {
  readonly cwd?: string;
  readonly columns?: number;
  readonly rows?: number;
  /** Beside what every terminal has here; without any, statexec says nothing at its end. */
  readonly env?: Readonly<Record<string, string>>;
}

export const CTRL_C = "\x03";
export const CTRL_D = "\x04";
export const CTRL_Z = "\x1a";
export const CTRL_BACKSLASH = "\x1c";

/** A program that leads a session in a terminal of its own, and what a person at that terminal sees and does. */
export class Terminal {
  readonly child: Bun.Subprocess;
  /** All that was shown. */
  shown = "";
  private from = 0;
  private waiting: { readonly wanted: RegExp; readonly resolve: (match: RegExpExecArray) => void } | undefined;

  constructor(
    words: readonly string[],
    { cwd, columns = 80, rows = 24, env = { SE_QUIET: "1" } }: TerminalOptions = {},
  ) {
    const decoder = new TextDecoder();
    this.child = Bun.spawn([...words], {
      env: cleanEnv({ PS1: "$ ", PS2: "> ", HISTFILE: "/dev/null", TERM: "dumb", ...env }),
      ...(cwd === undefined ? {} : { cwd }),
      terminal: {
        cols: columns,
        rows,
        data: (_, bytes) => {
          this.shown += decoder.decode(bytes, { stream: true });
          this.look();
        },
      },
    });
  }

  /** An interactive shell without anybody's settings. */
  static shell(options: TerminalOptions = {}): Terminal {
    return new Terminal(["bash", "--norc", "--noprofile", "-i"], options);
  }

  type(text: string): void {
    this.child.terminal!.write(text);
  }

  resize(columns: number, rows: number): void {
    this.child.terminal!.resize(columns, rows);
  }

  /** Resolves with what matches, once that is shown behind the match before. */
  async shows(wanted: RegExp): Promise<RegExpExecArray> {
    const { promise, resolve } = Promise.withResolvers<RegExpExecArray>();
    this.waiting = { wanted, resolve };
    this.look();
    return promise;
  }

  private look(): void {
    const match = this.waiting?.wanted.exec(this.shown.slice(this.from));
    if (!match) return;
    const { resolve } = this.waiting!;
    this.waiting = undefined;
    this.from += match.index + match[0].length;
    resolve(match);
  }
}
