import type { Kin } from "./tree-kin.ts";
import type { Member } from "./tree-member.ts";

/** Times in /proc are rounded down to a hundredth of a second, user and system each: so much may seem not to have come. */
const ROUNDING_SECONDS = 0.02;

/** Far below what any kernel counts, and far above what a sum of doubles is off by. */
const NOTHING_SECONDS = 1e-6;

/** Whose time is asked for. */
export interface LossParts {
  readonly kin: Kin;
  /** CPU time of those that we have waited for. */
  readonly reapedSeconds: () => number;
  /** What a process' waited-for children have used by now; undefined: it is gone. */
  readonly childrenSecondsOf: (member: Member) => number | undefined;
}

/**
 * CPU time that is in nobody's sum: where a parent has the kernel end its children unseen. It is a bound from below, of
 * what samples saw of them.
 */
export class Losses {
  seconds = 0;
  userSeconds = 0;
  /** What we had waited for when it was last compared with what was to come. */
  private reapedChecked: number;

  constructor(private readonly parts: LossParts) {
    this.reapedChecked = parts.reapedSeconds();
  }

  /**
   * Looks for the time of those that are gone: with the nearest that lives of those above them, or, since an orphan's
   * goes to one that adopts it, further up, or with us in the end. They are taken out of the tree.
   */
  settle(gone: readonly Member[]): void {
    const { kin, reapedSeconds } = this.parts;
    let toUs = this.expectFrom(gone);
    kin.removeGone();
    for (let i = kin.members.length - 1; i >= 0; i--) {
      const heir = kin.members[i]!;
      if (heir.expected === 0) continue;
      const short = this.shortfall(heir);
      const above = kin.member(heir.parent);
      if (above) above.expected += short;
      else toUs += short;
    }
    const lost = toUs - (reapedSeconds() - this.reapedChecked);
    if (lost > NOTHING_SECONDS) this.add(lost, gone);
  }

  /** The next comparison begins where this one ended. */
  close(): void {
    const { kin, reapedSeconds } = this.parts;
    this.reapedChecked = reapedSeconds();
    for (const member of kin.members)
      if (member.childrenSeconds > member.childrenChecked) member.childrenChecked = member.childrenSeconds;
  }

  /** Tells each heir what is to come; what is to come to us. */
  private expectFrom(gone: readonly Member[]): number {
    let toUs = 0;
    for (const member of gone) {
      const heir = this.heirOf(member);
      const seconds = member.ownSeconds + member.childrenSeconds;
      if (heir) heir.expected += seconds;
      else toUs += seconds;
    }
    return toUs;
  }

  private heirOf(member: Member): Member | undefined {
    const { kin } = this.parts;
    let heir = kin.member(member.parent);
    // As many steps as there are members end any chain.
    for (let steps = kin.members.length; heir?.gone && steps > 0; steps--) heir = kin.member(heir.parent);
    return heir?.gone ? undefined : heir;
  }

  /** What has not come to a process that was to: asked anew, since its stat may be older than the children's end. */
  private shortfall(heir: Member): number {
    const { expected } = heir;
    heir.expected = 0;
    const now = this.parts.childrenSecondsOf(heir);
    if (now === undefined) return 0;
    const came = now - heir.childrenChecked;
    heir.childrenChecked = now;
    return Math.max(0, expected - came - ROUNDING_SECONDS);
  }

  /** User and system time are lost in the proportion in which those that are gone used it. */
  private add(seconds: number, gone: readonly Member[]): void {
    let user = 0;
    let all = 0;
    for (const member of gone) {
      user += member.userSeconds + member.childrenUserSeconds;
      all += member.ownSeconds + member.childrenSeconds;
    }
    this.seconds += seconds;
    this.userSeconds += (seconds * user) / all;
  }
}
