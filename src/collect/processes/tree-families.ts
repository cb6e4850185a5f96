import type { Family, Member } from "./tree-member.ts";

/** Which processes of the tree may have anonymous memory in common: two that have executed different programs never do. */
export class Families {
  private readonly all = new Map<number, Family>();

  /** A process has memory that begins there: it belongs with the others of whom this is so. */
  place(member: Member, stackStart: number): void {
    if (member.family?.stackStart === stackStart) return;
    this.remove(member);
    const family = this.all.get(stackStart) ?? { stackStart, size: 0, mostBytes: 0, look: 0 };
    if (family.size === 0) this.all.set(stackStart, family);
    family.size++;
    member.family = family;
    // What it held was another program's.
    member.holding.forget();
  }

  /** It has no memory of its own any more. */
  remove(member: Member): void {
    const { family } = member;
    if (!family) return;
    member.family = undefined;
    family.size--;
    if (family.size === 0) this.all.delete(family.stackStart);
  }
}
