import { ABSENT } from "../collector.ts";
import type { Member } from "./tree-member.ts";
import { NEAR } from "./tree-sharing.ts";

/** The highest memory at any sample, and whether it may have been more. */
export class TreePeak {
  bytes = ABSENT;
  /** The time of its sample. */
  atMs = ABSENT;
  /** The most that there may have been at a sample which could not tell. */
  private mayHaveBeen = 0;
  /** The same, of those that can still be told: in all, and what was held alone; and how many may have shared the rest. */
  private untoldMost = 0;
  private untoldAlone = 0;
  private untoldProcesses = 0;

  /** There may have been more at a sample than is said. */
  get isLowerBound(): boolean {
    return this.isNews(this.mayHaveBeen) || this.isNews(this.untoldMost);
  }

  /** Whether so much would be a new peak. */
  isNews(bytes: number): boolean {
    return !(bytes <= this.bytes * (1 + NEAR));
  }

  /** So much was held at one time. */
  raise(bytes: number, atMs: number): void {
    // Nothing is greater than NaN, nor less.
    if (Number.isNaN(bytes) || bytes <= this.bytes) return;
    this.bytes = bytes;
    this.atMs = atMs;
  }

  /** At this sample there was more that nothing is known of. */
  missed(): void {
    this.mayHaveBeen = Number.POSITIVE_INFINITY;
  }

  /** At this sample it may have been so much; `aloneBytes` of it are known, the rest is what these share or not. */
  mayBe(bytes: number, aloneBytes: number, sharing: readonly Member[]): void {
    this.forgetUnlessThere(sharing);
    this.untoldMost = Math.max(this.untoldMost, bytes);
    this.untoldAlone = Math.max(this.untoldAlone, aloneBytes);
    this.untoldProcesses = sharing.length;
    for (const { holding, residentBytes } of sharing)
      if (!(residentBytes <= holding.untoldBytes)) holding.untoldBytes = residentBytes;
  }

  /**
   * What these hold together has been told: no less than at a sample that could not tell, as long as all that were
   * there then still are, and none has given anything back.
   */
  told(sharingBytes: number, sharing: readonly Member[]): void {
    if (this.untoldProcesses === 0) return;
    this.forgetUnlessThere(sharing);
    let hasKept = true;
    for (const { holding, residentBytes } of sharing) if (residentBytes < holding.untoldBytes) hasKept = false;
    if (hasKept) this.untoldMost = Math.min(this.untoldMost, this.untoldAlone + sharingBytes);
    this.settle();
    for (const { holding } of sharing) holding.untoldBytes = Number.NaN;
  }

  /** Where one of those has gone nobody can tell any more. */
  private forgetUnlessThere(sharing: readonly Member[]): void {
    let there = 0;
    for (const { holding } of sharing) if (!Number.isNaN(holding.untoldBytes)) there++;
    if (there < this.untoldProcesses) this.settle();
  }

  private settle(): void {
    this.mayHaveBeen = Math.max(this.mayHaveBeen, this.untoldMost);
    this.untoldMost = 0;
    this.untoldAlone = 0;
    this.untoldProcesses = 0;
  }
}
