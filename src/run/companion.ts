import type { ListenAddress } from "../catalog/choices.ts";
import { OutputError } from "../errors.ts";
import { awaitChild, ChildUsage } from "../os/children.ts";
import { closeFile, O_RDWR, openFile, readText, SystemError } from "../os/files.ts";
import { cString, failed, lastErrno, pinned, rawBytes, trySystemCall } from "../os/libc.ts";
import { isTerminal, RECORDER_VARIABLE, sendSignal } from "../os/process.ts";
import { openPipe, posixSpawn } from "../os/spawn.ts";
import { ownCommand } from "./resolve-command.ts";
import { signalNumber } from "./signal-names.ts";

/*
 * What shows a run while it goes on is another process of ours: to read and to serve takes time and memory that the recorder
 * must not take. It is started before the command, and by a shell that ends at once: so it is neither our child, whose
 * figures would be among those of the command, nor an orphan that we adopt.
 */

const SHELL = "/bin/sh";
const TERMINAL = "/dev/tty";

/** What a terminal sends to all of its processes. The runtime would unblock them; they are ignored from the start on. */
const TERMINAL_SIGNALS = "HUP INT QUIT TSTP TTIN TTOU";

const O_NONBLOCK = 0x800;
const EAGAIN = 11;
const PAUSE_MS = 5;
/** It takes a tenth of a second; a machine may be busy. */
const MOST_START_MS = 20_000;
const MOST_END_MS = 1000;
const MOST_TEXT_BYTES = 4096;

/** A process of ours that shows this run. */
export class Companion {
  private constructor(
    private readonly pid: number,
    /** By which a later process with the same pid is told apart. */
    private readonly began: string | undefined,
    private readonly output: Output,
  ) {}

  /** Serves the page of this run. Throws OutputError where it cannot listen. */
  static async serve({ host, port }: ListenAddress, environment: Uint8Array): Promise<Companion> {
    const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const words = ["--explore", "--no-open", "--explore-port", address, String(process.pid)];
    const companion = await Companion.start(words, "", environment);
    const line = await companion.output.line();
    if (line.startsWith("http://")) return companion;
    await companion.end();
    throw new OutputError(`--listen (SE_LISTEN): ${line.replace(/^statexec: /, "") || "the server did not start"}`);
  }

  /** Shows this run in the terminal, to which the command does not write: `whyHidden` was asked. Throws OutputError. */
  static async show(
    budgets: readonly string[],
    historyFile: string | undefined,
    environment: Uint8Array,
  ): Promise<Companion> {
    const history = historyFile === undefined ? [] : ["--history-file", historyFile];
    const words = ["--watch", ...history, ...budgets.flatMap((budget) => ["--budget", budget]), String(process.pid)];
    return await Companion.start(words, `>${TERMINAL}`, environment);
  }

  private static async start(words: readonly string[], redirection: string, environment: Uint8Array) {
    const [readEnd, writeEnd] = openPipe(O_NONBLOCK);
    const output = new Output(readEnd);
    try {
      startByShell(words, redirection, { environment, standard: writeEnd });
    } finally {
      closeFile(writeEnd);
    }
    const pid = Number(await output.line());
    if (!(pid > 0)) throw new OutputError(`${SHELL}: could not start a process of statexec's own`);
    return new Companion(pid, beginOf(pid), output);
  }

  /** Ends it. Returns what it had to say since it was started, a line each. */
  async end(): Promise<readonly string[]> {
    for (let waitedMs = 0; this.isAlive && waitedMs < 2 * MOST_END_MS; waitedMs += PAUSE_MS) {
      if (waitedMs === 0 || waitedMs >= MOST_END_MS)
        sendSignal(this.pid, signalNumber(waitedMs === 0 ? "SIGTERM" : "SIGKILL"));
      await Bun.sleep(PAUSE_MS);
    }
    return this.output.rest();
  }

  private get isAlive(): boolean {
    return this.began !== undefined && beginOf(this.pid) === this.began;
  }
}

/** Returns why a run cannot be shown in the terminal, in words; undefined: it can. */
export function whyHidden(): string | undefined {
  if (isTerminal(1) || isTerminal(2))
    return "the command writes to this terminal itself: send both of its streams elsewhere (> build.log 2>&1), or take statexec --watch in a second terminal";
  try {
    closeFile(openFile(TERMINAL, O_RDWR));
    return undefined;
  } catch (error) {
    if (error instanceof SystemError) return "there is no terminal";
    throw error;
  }
}

interface Surroundings {
  readonly environment: Uint8Array;
  readonly standard: number;
}

/** The shell prints the pid of what it starts. */
function startByShell(words: readonly string[], redirection: string, { environment, standard }: Surroundings): void {
  const { path, argv } = ownCommand(words);
  const script = `trap '' ${TERMINAL_SIGNALS}; ${RECORDER_VARIABLE}=$PPID "$@" ${redirection} & echo $!`;
  const [, ...rest] = argv;
  const none: readonly number[] = [];
  const pid = posixSpawn({
    ...{ path: cString(SHELL), argv: rawBytes(["sh", "-c", script, "sh", path, ...rest, ""].join("\0")) },
    ...{ environment, descriptors: none, closed: none, standard, limits: [] },
    ...{ ignored: none, defaulted: none, blocked: 0n },
  });
  awaitChild(pid, new ChildUsage());
}

/** Returns when a process began, as proc_pid_stat(5) has it in field 22; undefined: it has ended. */
function beginOf(pid: number): string | undefined {
  try {
    const stat = readText(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

/** What a process prints. */
class Output {
  private text = "";
  private readonly memory = pinned(MOST_TEXT_BYTES);

  constructor(private readonly fd: number) {}

  /** Returns the next line, without its end; empty: none came, or none in time. */
  async line(): Promise<string> {
    for (let waitedMs = 0; waitedMs < MOST_START_MS; waitedMs += PAUSE_MS) {
      const hasEnded = this.read();
      const end = this.text.indexOf("\n");
      if (end >= 0 || hasEnded) {
        const line = this.text.slice(0, Math.max(end, 0));
        this.text = this.text.slice(end + 1);
        return line;
      }
      await Bun.sleep(PAUSE_MS);
    }
    return "";
  }

  /** Returns the lines that are left. Nothing can be read afterwards. */
  rest(): readonly string[] {
    this.read();
    closeFile(this.fd);
    return this.text.split("\n").filter((line) => line !== "");
  }

  /** Reads what there is; returns whether there will be no more. Throws SystemError. */
  private read(): boolean {
    const count = trySystemCall("read", this.fd, this.memory.address, MOST_TEXT_BYTES);
    if (count > 0) this.text += new TextDecoder().decode(this.memory.bytes.subarray(0, count));
    if (count < 0 && lastErrno() !== EAGAIN) throw failed("read");
    return count === 0;
  }
}
