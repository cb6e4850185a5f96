import { cleanEnv } from "./statexec.ts";

export interface TerminalOptions {
  readonly cwd?: string;
  readonly columns?: number;
  readonly rows?: number;
  /** Variables besides the usual ones; by default, those that make statexec print no summary. */
  readonly env?: Readonly<Record<string, string>>;
}

export const CTRL_C = "\x03";
export const CTRL_D = "\x04";
export const CTRL_Z = "\x1a";
export const CTRL_BACKSLASH = "\x1c";

/** A program that leads a session in its own terminal, with what a person would see and type there. */
export class Terminal {
  readonly child: Bun.Subprocess;
  /** All output so far. */
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
          this.match();
        },
      },
    });
  }

  /** Starts an interactive shell without personal settings. */
  static shell(options: TerminalOptions = {}): Terminal {
    return new Terminal(["bash", "--norc", "--noprofile", "-i"], options);
  }

  type(text: string): void {
    this.child.terminal!.write(text);
  }

  resize(columns: number, rows: number): void {
    this.child.terminal!.resize(columns, rows);
  }

  /** Resolves with the first match in the output after the last match. */
  async shows(wanted: RegExp): Promise<RegExpExecArray> {
    const { promise, resolve } = Promise.withResolvers<RegExpExecArray>();
    this.waiting = { wanted, resolve };
    this.match();
    return promise;
  }

  private match(): void {
    const found = this.waiting?.wanted.exec(this.shown.slice(this.from));
    if (!found) return;
    const { resolve } = this.waiting!;
    this.waiting = undefined;
    this.from += found.index + found[0].length;
    resolve(found);
  }
}
