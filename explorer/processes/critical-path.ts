/** A process with a start and an end, in milliseconds, and the index of its parent; -1: it has none. */
export interface Lived {
  readonly startMs: number;
  readonly endMs: number;
  readonly up: number;
}

/** A time in which the whole run waited for one process itself. */
export interface OwnTime {
  readonly index: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Returns the chain of processes that a run waited for, from its start to its end. It is followed from the end backwards: a
 * process was held up last by the child that ended last; before that child started, by the one that had ended last by then;
 * and what no child covers is its own time. A child that outlives its parent held up nobody.
 */
export function criticalPath(all: readonly Lived[], root: number): OwnTime[] {
  const children = childrenByEnd(all);
  const next = new Uint32Array(all.length);
  const path: OwnTime[] = [];
  const own = (index: number, fromMs: number, toMs: number) => {
    if (toMs > fromMs) path.push({ index, fromMs, toMs });
  };
  // The processes that wait for the one that is looked at, each with the time up to which it is explained.
  const stack = all[root] ? [{ index: root, untilMs: all[root].endMs }] : [];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const { startMs } = all[top.index]!;
    const held = children[top.index] ?? [];
    let at = next[top.index]!;
    while (at < held.length && all[held[at]!]!.endMs > top.untilMs) at++;
    next[top.index] = at + 1;
    const child = held[at];
    if (child === undefined || all[child]!.endMs <= startMs) {
      own(top.index, startMs, top.untilMs);
      stack.pop();
      continue;
    }
    const { startMs: childStartMs, endMs } = all[child]!;
    own(top.index, endMs, top.untilMs);
    top.untilMs = Math.max(startMs, childStartMs);
    stack.push({ index: child, untilMs: endMs });
  }
  return path.reverse();
}

/** Returns the children of each process, the one that ended last first. */
function childrenByEnd(all: readonly Lived[]): (number[] | undefined)[] {
  const children: (number[] | undefined)[] = new Array(all.length);
  for (const [index, { up }] of all.entries()) {
    if (up < 0) continue;
    const own = children[up];
    if (own) own.push(index);
    else children[up] = [index];
  }
  for (const own of children) own?.sort((a, b) => all[b]!.endMs - all[a]!.endMs || all[b]!.startMs - all[a]!.startMs);
  return children;
}
