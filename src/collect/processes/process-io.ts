import { ForbiddenError } from "../../errors.ts";
import { PidIo, ReapedIo } from "../../proc/pid-io.ts";
import type { Processes } from "../../proc/processes.ts";
import type { CgroupStats } from "../cgroup/cgroup-stats.ts";
import { ABSENT } from "../collector.ts";
import type { Descendant } from "./descendant-tracker.ts";
import { FileDamage } from "./file-damage.ts";
import { IoBytes, type IoCounts } from "./io-bytes.ts";
import type { ProcessNames } from "./process-names.ts";

/** What our children read and wrote that have ended and were waited for. */
export type ReapedCounts = Readonly<IoCounts> & Pick<ReapedIo, "update">;

/** The counts of io where the files are of other processes. */
export const NOTHING_KNOWN: ReapedCounts = {
  readBytes: ABSENT,
  writeBytes: ABSENT,
  diskReadBytes: ABSENT,
  diskWriteBytes: ABSENT,
  cancelledBytes: ABSENT,
  update: () => undefined,
};

/** The bytes of storage of a control group; NaN: it does not count them. */
export type GroupIoCounts = Readonly<Pick<CgroupStats, "diskReadBytes" | "diskWriteBytes">>;

/** What the command's processes read and wrote, ended ones included, and which descriptors the living have open. */
export class ProcessIo {
  /** Counters, which never fall; ABSENT at a sample that did not read them. */
  readonly counters = new IoBytes();
  /** ABSENT also where a process hides its own. */
  openDescriptors = ABSENT;
  /** Some process hid what it reads and writes when that was last read. */
  isHidden = false;
  private readonly io = new PidIo();
  /** What children of ours read and wrote that are not the command's. */
  private readonly others = new IoBytes();
  private readonly sum = new IoBytes();
  private readonly highest = new IoBytes();
  private reapedFaults = Number.NaN;
  /** The pids of those that have children, as far as samples see. */
  private readonly parents = new Set<number>();

  /** To be made before the command can have ended. Throws ParseError. */
  constructor(
    private readonly processes: Processes,
    private readonly group: GroupIoCounts | undefined,
    private readonly reaped: ReapedCounts = new ReapedIo(),
    private readonly damage = new FileDamage(),
  ) {
    this.refreshReaped();
    this.others.add(reaped);
  }

  /** Takes a sample that does not read the files. */
  skip(): void {
    this.counters.set(ABSENT);
    this.openDescriptors = ABSENT;
    if (this.hasGroup(this.group)) this.takeStorage(this.group);
  }

  /** Reads the files of each, and adds to what its program read and wrote. Throws ParseError. */
  update(descendants: readonly Descendant[], names: Pick<ProcessNames, "at">): void {
    const { sum, group } = this;
    sum.set(0);
    this.openDescriptors = 0;
    this.isHidden = false;
    this.parents.clear();
    for (const { parent } of descendants) this.parents.add(parent);
    for (const descendant of descendants) {
      if (!descendant.ended) this.addDescriptors(descendant.memory.thread);
      this.addIo(descendant);
      const use = names.at(descendant.name);
      if (use) descendant.io.passOn(use);
    }
    this.updateReaped();
    sum.add(this.reaped);
    sum.subtract(this.others);
    this.take("readBytes", sum.readBytes);
    this.take("writeBytes", sum.writeBytes);
    const hasGroup = this.hasGroup(group);
    this.takeStorage(hasGroup ? group : sum);
    this.take("cancelledBytes", hasGroup ? ABSENT : sum.cancelledBytes);
  }

  /** What our children read and wrote that end before the returned function is called is not the command's. */
  exclude(): () => void {
    const { reaped, others } = this;
    reaped.update();
    const before = new IoBytes();
    before.add(reaped);
    return () => {
      reaped.update();
      others.add(reaped);
      others.subtract(before);
    };
  }

  /** A helper is about to end. The returned function is to be called once it was waited for, and takes its bytes off. */
  helperEnding(pid: number): (() => void) | undefined {
    const bytes = this.processes.read(pid, "io");
    if (bytes === undefined) return undefined;
    const io = new PidIo();
    io.parse(bytes);
    return () => this.others.add(io);
  }

  /** The counters of a group are preferred: they are of the disks themselves. */
  private hasGroup(group: GroupIoCounts | undefined): group is GroupIoCounts {
    return group !== undefined && !Number.isNaN(group.diskReadBytes);
  }

  private takeStorage({ diskReadBytes, diskWriteBytes }: GroupIoCounts): void {
    this.take("diskReadBytes", diskReadBytes);
    this.take("diskWriteBytes", diskWriteBytes);
  }

  /** A counter does not fall: what moves from a child to its parent while they are read is missing at one sample. */
  private take(counter: keyof IoCounts, bytes: number): void {
    const { counters, highest } = this;
    if (bytes > highest[counter]) highest[counter] = bytes;
    counters[counter] = Number.isNaN(bytes) ? ABSENT : highest[counter];
  }

  /** The counts change only if a process has ended, and none has without a page fault. */
  private updateReaped(): void {
    const { minorFaults } = this.processes.ended;
    if (minorFaults !== this.reapedFaults) this.refreshReaped();
    this.reapedFaults = minorFaults;
  }

  private refreshReaped(): void {
    try {
      this.reaped.update();
    } catch (error) {
      this.damage.note(error);
    }
  }

  /**
   * A process that did not run has read and written nothing, and has waited for no child that did. Its file is then what it
   * was: most processes of a tree wait for others.
   */
  private addIo(descendant: Descendant): void {
    const { pid, io } = descendant;
    // Before the file: what it does after that makes another time.
    const cpuSeconds = this.processes.preciseCpuSeconds(pid);
    if (cpuSeconds !== io.cpuSeconds) this.readIo(descendant, cpuSeconds);
    else this.sum.add(io);
  }

  private readIo({ pid, io, memory }: Descendant, cpuSeconds: number): void {
    io.cpuSeconds = Number.NaN;
    try {
      const bytes = this.processes.read(pid, "io");
      if (bytes === undefined) return;
      this.io.parse(bytes);
      // A text that is cut short lacks some.
      if (Number.isNaN(this.io.diskWriteBytes)) {
        this.isHidden = true;
        return;
      }
      io.takeFile(this.io, memory.childrenFaults, this.parents.has(pid));
      io.cpuSeconds = cpuSeconds;
      this.sum.add(io);
    } catch (error) {
      if (!(error instanceof ForbiddenError)) this.damage.note(error);
      this.isHidden = true;
    }
  }

  private addDescriptors(pid: number): void {
    try {
      const count = this.processes.openDescriptors(pid);
      if (!Number.isNaN(count)) this.openDescriptors += count;
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      this.openDescriptors = ABSENT;
    }
  }
}
