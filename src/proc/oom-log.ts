/*
 * What the kernel's log says of OOM kills. A kill is some lines: who could get no memory, the group's use and limit, a list of
 * processes with their memory in pages, the choice with its groups, and at last what was killed.
 */

/** A process of the log and its memory. */
export interface LoggedTask {
  readonly pid: number;
  readonly name: string;
  /** Resident: anonymous, of files and shared. */
  readonly bytes: number;
}

/** A process that the kernel killed for memory. */
export interface LoggedKill extends LoggedTask {
  /** Since the machine's start; NaN: the log has no times. */
  readonly atSeconds: number;
  /** The group whose limit was reached, from the root of the hierarchy; undefined: the machine had no memory. */
  readonly limitGroup: string | undefined;
  /** That limit; NaN: not logged. */
  readonly limitBytes: number;
  /** The group of the process; undefined: not logged. */
  readonly taskGroup: string | undefined;
  /** The largest process that could have been killed; undefined: not logged. */
  readonly largest: LoggedTask | undefined;
}

/** Level, time, the thread that wrote it where the kernel has that, and the text. */
const LINE = /^(?:<\d+>)?(?:\[ *(\d+\.\d+)\](?:\[ *[TC]\d+\])? )?(.*)$/;
const LIMIT = /^memory: usage \d+kB, limit (\d+)kB/;
const HEADING = /^\[ *pid *\] (.*) name$/;
const TASK = /^\[ *(\d+)\] (.*)$/;
const CHOICE =
  /^oom-kill:constraint=CONSTRAINT_(\w+),.*?(?:,oom_memcg=(.*?))?(?:,task_memcg=(.*?))?,task=.*,pid=(\d+),uid=\d+$/;
const KILLED =
  /Killed process (\d+) \((.*)\),? .*?total-vm:\d+kB, anon-rss:(\d+)kB, file-rss:(\d+)kB(?:, shmem-rss:(\d+)kB)?/;

const KIB = 1024;

/** Returns the kills in a log, in their order. `pageBytes`: of the machine. */
export function oomKillsIn(log: string, pageBytes: number): LoggedKill[] {
  const kills: LoggedKill[] = [];
  let report = new Report(pageBytes);
  for (const line of log.split("\n")) {
    const [, at = "", text = ""] = LINE.exec(line) ?? [];
    const killed = KILLED.exec(text);
    if (!killed) {
      report.add(text);
      continue;
    }
    const [, pid, name = "", ...kibibytes] = killed;
    const bytes = kibibytes.reduce((sum, each = "0") => sum + Number(each) * KIB, 0);
    const atSeconds = at === "" ? Number.NaN : Number(at);
    kills.push({ pid: Number(pid), name, bytes, atSeconds, ...report.of(Number(pid)) });
    report = new Report(pageBytes);
  }
  return kills;
}

/** The lines before a kill. */
class Report {
  private limitBytes = Number.NaN;
  private largest: LoggedTask | undefined;
  /** Columns of the list between the pid and the name. */
  private columns = 0;
  private choice: RegExpExecArray | undefined;

  constructor(private readonly pageBytes: number) {}

  add(text: string): void {
    if (text.includes(" invoked oom-killer: ")) {
      this.limitBytes = Number.NaN;
      this.largest = undefined;
      this.choice = undefined;
    }
    const limit = LIMIT.exec(text);
    if (limit) this.limitBytes = Number(limit[1]) * KIB;
    const heading = HEADING.exec(text);
    if (heading) this.columns = heading[1]!.trim().split(/\s+/).length;
    else this.addTask(text);
    this.choice = CHOICE.exec(text) ?? this.choice;
  }

  /** What is known of the kill of a process. */
  of(pid: number): Pick<LoggedKill, "limitGroup" | "limitBytes" | "taskGroup" | "largest"> {
    const { choice, largest } = this;
    if (!choice || Number(choice[4]) !== pid)
      return { limitGroup: undefined, limitBytes: Number.NaN, taskGroup: undefined, largest: undefined };
    const isOfGroup = choice[1] === "MEMCG";
    const limitBytes = isOfGroup ? this.limitBytes : Number.NaN;
    return { limitGroup: isOfGroup ? choice[2] : undefined, limitBytes, taskGroup: choice[3], largest };
  }

  /** The fourth number is the resident memory in every version. */
  private addTask(text: string): void {
    const task = this.columns > 0 ? TASK.exec(text) : undefined;
    if (!task) return;
    const words = task[2]!.trim().split(/\s+/);
    const bytes = Number(words[3]) * this.pageBytes;
    if (!(bytes > (this.largest?.bytes ?? 0))) return;
    this.largest = { pid: Number(task[1]), name: words.slice(this.columns).join(" "), bytes };
  }
}
