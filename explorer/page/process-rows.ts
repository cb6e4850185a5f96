import type { ProcessBar } from "../processes/process-list.ts";

/** Where the bars of processes are drawn. */
export interface ProcessRows {
  /** The row of each bar; -1: an ancestor of it is collapsed. */
  readonly rows: Int32Array;
  /** The number of rows. */
  readonly count: number;
  /** The bars of each row, in order of their starts. */
  readonly byRow: readonly (readonly number[])[];
}

/** A process with all below it: how many rows it takes, and until when. */
interface Block {
  readonly height: number;
  readonly endMs: number;
}

/**
 * Arranges processes: each has its children in the rows below it. Those that do not run at the same time share rows. `untilMs`
 * ends bars without an end.
 */
export function processRows(bars: readonly ProcessBar[], collapsed: ReadonlySet<number>, untilMs: number): ProcessRows {
  const children = childrenOf(bars);
  const offsets = new Int32Array(bars.length);
  const blocks: Block[] = new Array(bars.length);
  // Bars are in order of their starts, so that parents come before their children.
  const place = (own: readonly number[], first: number): Block => {
    const ends: number[] = [];
    let last = Number.NEGATIVE_INFINITY;
    for (const index of own) {
      const { height, endMs } = blocks[index]!;
      const row = firstRoom(ends, height, bars[index]!.startMs);
      for (let below = row; below < row + height; below++) ends[below] = endMs;
      offsets[index] = first + row;
      last = Math.max(last, endMs);
    }
    return { height: ends.length, endMs: last };
  };
  for (let index = bars.length - 1; index >= 0; index--) {
    const below = place(collapsed.has(index) ? [] : (children[index] ?? []), 1);
    const endMs = bars[index]!.endMs ?? untilMs;
    blocks[index] = { height: 1 + below.height, endMs: Math.max(endMs, below.endMs) };
  }
  const roots = Array.from(bars.keys()).filter((index) => bars[index]!.up < 0);
  const { height: count } = place(roots, 0);
  const rows = new Int32Array(bars.length);
  const byRow: number[][] = Array.from({ length: count }, () => []);
  for (const [index, { up }] of bars.entries()) {
    const isHidden = up >= 0 && (rows[up]! < 0 || collapsed.has(up));
    rows[index] = isHidden ? -1 : offsets[index]! + (up < 0 ? 0 : rows[up]!);
    if (!isHidden) byRow[rows[index]!]!.push(index);
  }
  return { rows, count, byRow };
}

/** Returns the children of each process, in order of their starts. */
export function childrenOf(bars: readonly ProcessBar[]): readonly (readonly number[] | undefined)[] {
  const children: number[][] = new Array(bars.length);
  for (const [index, { up }] of bars.entries()) {
    if (up < 0) continue;
    children[up] ??= [];
    children[up].push(index);
  }
  return children;
}

/** Returns the first of so many rows, one below the other, that are free from a time on. */
function firstRoom(ends: readonly number[], height: number, fromMs: number): number {
  for (let row = 0, free = 0; row < ends.length; row++) {
    free = ends[row]! <= fromMs ? free + 1 : 0;
    if (free === height) return row - height + 1;
  }
  let row = ends.length;
  while (row > 0 && ends[row - 1]! <= fromMs) row--;
  return row;
}
