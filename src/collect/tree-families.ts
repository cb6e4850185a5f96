import type { Member } from "./tree-member.ts";

/** Processes that are copies of one another by fork(2) and have executed no program since: they may share memory. */
export interface Family {
  /** Where the stack of each begins: the kernel draws it for a program that is executed, a copy has the same. */
  readonly stackStart: number;
  size: number;
  /** The most that one of them holds, in the look of this number. */
  mostBytes: number;
  look: number;
}

/** Where the kernel hides it: such processes may be copies of any other. */
const HIDDEN = 0;

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

/** Whether the kernel does not show whose copy it is. */
export function isHidden({ family }: Member): boolean {
  return family?.stackStart === HIDDEN;
}
