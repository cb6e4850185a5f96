import { ForbiddenError } from "../../errors.ts";
import { PidIo } from "../../proc/pid-io.ts";
import { PidStatus } from "../../proc/pid-status.ts";
import type { Processes } from "../../proc/processes.ts";
import { ABSENT } from "../collector.ts";
import type { Member } from "./tree-member.ts";

/** What a look at the details of one process takes at first, until it is known from those that were looked at. */
const FIRST_GUESS_MS = 0.1;

/** What is known of the living from more files than one: read together, as often as the budget allows. */
export class TreeDetails {
  /** Whether the last `update` read them; the figures are of then. */
  fresh = false;
  openDescriptors = ABSENT;
  /** Sums over the living and their waited-for children. */
  ioReadBytes = ABSENT;
  ioWriteBytes = ABSENT;
  diskReadBytes = ABSENT;
  diskWriteBytes = ABSENT;
  /** Sum of what each of them ever held at most. */
  highestBytes = ABSENT;
  /** Some process did not show what it reads and writes. */
  ioHidden = false;
  /** Some process has the kernel end its children unseen. */
  ignoresChildren = false;
  private msPerProcess = FIRST_GUESS_MS;
  private readonly status = new PidStatus();
  private readonly io = new PidIo();

  constructor(
    private readonly processes: Processes,
    private readonly now: () => number,
  ) {}

  /** What an update would take. */
  expectedMs(members: readonly Member[]): number {
    return members.length * this.msPerProcess;
  }

  /** Reads them all; what it took. Throws ParseError. */
  update(members: readonly Member[]): number {
    const began = this.now();
    this.begin();
    for (const member of members) {
      if (!member.ended) this.addStatus(member);
      this.addIo(member.pid);
    }
    const took = this.now() - began;
    if (members.length > 0) this.msPerProcess = took / members.length;
    this.fresh = true;
    return took;
  }

  private begin(): void {
    this.openDescriptors = 0;
    this.ioReadBytes = 0;
    this.ioWriteBytes = 0;
    this.diskReadBytes = 0;
    this.diskWriteBytes = 0;
    this.highestBytes = 0;
    this.ioHidden = false;
  }

  private addStatus(member: Member): void {
    const { holding, pid } = member;
    if (!holding.isAllOf(member)) {
      const bytes = this.processes.read(pid, "status");
      if (bytes === undefined) return;
      this.status.parse(bytes);
      holding.take(this.status, member);
    }
    if (holding.ignoresChildren) this.ignoresChildren = true;
    if (member.hasMemory) this.highestBytes += holding.highestBytes;
    this.addDescriptors(pid);
  }

  /** One that hides them hides the sum. */
  private addDescriptors(pid: number): void {
    try {
      const count = this.processes.openDescriptors(pid);
      if (!Number.isNaN(count)) this.openDescriptors += count;
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      this.openDescriptors = ABSENT;
    }
  }

  private addIo(pid: number): void {
    try {
      const bytes = this.processes.read(pid, "io");
      if (bytes === undefined) return;
      const { io } = this;
      io.parse(bytes);
      this.ioReadBytes += io.readBytes;
      this.ioWriteBytes += io.writeBytes;
      this.diskReadBytes += io.diskReadBytes;
      this.diskWriteBytes += io.diskWriteBytes;
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      this.ioHidden = true;
    }
  }
}
