import { ParseError } from "../errors.ts";
import { type LastText, ScanPattern } from "../os/text-scan.ts";
import type { KernelTable } from "./procfs.ts";

/** A table whose values are each one number of the text, in another unit. */
export interface NumberTable extends KernelTable {
  readonly values: Float64Array;
  readonly counts?: Float64Array;
}

/** Longer texts are not to have a shape: what would be kept of them is some times as long. */
export const MOST_BYTES = 32 * 1024;

/** Where a text has many more numbers that nobody wants, its parser, which looks for a few lines, takes no longer. */
const MOST_UNREAD = 64;
const MOST_UNREAD_A_WANTED = 4;

const TWO_TO_31 = 2 ** 31;
const TWO_TO_32 = 2 ** 32;

/** A whole number between white space; before it may also be what ends a key. One below 0 is a word like any other. */
const NUMBER = /(?<![^\s:=])\d+(?!\S)/g;

const UNREAD = "%*d";

/** Numbers at the end of a line, such as those of each interrupt: so many that none of them counts. */
const UNREAD_REST = /(?:%\*\[ \]%\*d){20,}(?=%\*\[[^\]]*\n|$)/g;

/** Where a number goes. */
interface Cell {
  /** Its place among all numbers of the text. */
  readonly number: number;
  readonly isCount: boolean;
  readonly place: number;
  /** What one unit of the number is in the table. */
  readonly unit: number;
}

/**
 * The shape of a kernel file's text, in which only numbers change from one text to the next, and which number is which value
 * of the table. Both are found by the table's own parser, which is given texts of the same shape with numbers that we know.
 */
export class TextShape {
  private readonly pattern: ScanPattern;
  private readonly values: Float64Array;
  private readonly counts: Float64Array | undefined;
  /** By value: its array, its place there, and the place of its number among those that are read. */
  private readonly isCount: readonly boolean[];
  private readonly places: Int32Array;
  private readonly numbers: Int32Array;
  /** What the number is multiplied with, and divided by: one of them is 1, so that each value is rounded once. */
  private readonly times: Float64Array;
  private readonly per: Float64Array;

  private constructor(table: NumberTable, pattern: string, cells: readonly Cell[], wanted: readonly number[]) {
    this.values = table.values;
    this.counts = table.counts;
    this.pattern = new ScanPattern(pattern, wanted.length);
    this.isCount = cells.map(({ isCount }) => isCount);
    this.places = Int32Array.from(cells, ({ place }) => place);
    this.numbers = Int32Array.from(cells, ({ number }) => wanted.indexOf(number));
    this.times = Float64Array.from(cells, ({ unit }) => Math.max(unit, 1));
    this.per = Float64Array.from(cells, ({ unit }) => (unit >= 1 ? 1 : Math.round(1 / unit)));
  }

  /** Finds the shape of a text that the table could parse. It has other values after that. Undefined: its values are not each one number. */
  static of(table: NumberTable, bytes: Uint8Array): TextShape | undefined {
    const text = Buffer.from(bytes).toString("latin1");
    const { names } = table;
    const known = names?.all.length;
    try {
      const cells = cellsOf(table, text);
      if (names?.all.length !== known) return undefined;
      if (!cells) return undefined;
      const wanted = [...new Set(cells.map(({ number }) => number))].sort((a, b) => a - b);
      const pattern = patternOf(text, new Set(wanted));
      const unread = pattern.split(UNREAD).length - 1;
      if (unread > MOST_UNREAD + MOST_UNREAD_A_WANTED * wanted.length) return undefined;
      return new TextShape(table, pattern, cells, wanted);
    } catch (error) {
      if (error instanceof ParseError) return undefined;
      throw error;
    } finally {
      // A name may have numbers in it, which were other ones: it is a name only of our making.
      if (known !== undefined) names?.keep(known);
    }
  }

  /** Takes the values of a text; false: it has another shape, and the table may have some of its values. Allocates nothing. */
  parse(table: NumberTable, text: LastText): boolean {
    const { values, counts, pattern, isCount, places, numbers, times, per } = this;
    if (table.values !== values || table.counts !== counts || !pattern.scan(text)) return false;
    const { halves } = pattern;
    for (let i = 0; i < places.length; i++) {
      const at = 2 * numbers[i]!;
      const high = halves[at + 1]!;
      // One below 0 looks like this, or one that is too large.
      if (high >= TWO_TO_31) return false;
      const value = ((high * TWO_TO_32 + halves[at]!) * times[i]!) / per[i]!;
      if (isCount[i]) counts![places[i]!] = value;
      else values[places[i]!] = value;
    }
    return true;
  }
}

/** Returns which number each value is; undefined: one is none of them. Throws ParseError. */
function cellsOf(table: NumberTable, text: string): Cell[] | undefined {
  const parsed = (numberAt: (place: number) => number) => {
    let place = 0;
    table.parse(
      Buffer.from(
        text.replace(NUMBER, () => String(numberAt(place++))),
        "latin1",
      ),
    );
    return [table.values.slice(), table.counts?.slice() ?? new Float64Array(0)] as const;
  };
  // What it finds by what it remembers is to be the same in all of these texts, and in the next one of the kernel's.
  table.restart?.();
  const units = parsed(() => 1);
  const numbered = parsed((place) => place + 1);
  const checked = parsed((place) => 7 * place + 3);
  table.restart?.();
  const cells: Cell[] = [];
  for (const isCount of [false, true]) {
    const [one, own, check] = [units, numbered, checked].map((all) => all[isCount ? 1 : 0]!);
    for (let place = 0; place < one!.length; place++) {
      const unit = one![place]!;
      if (Number.isNaN(unit)) continue;
      const number = Math.round(own![place]! / unit) - 1;
      const isOne = number >= 0 && isNear(own![place]!, (number + 1) * unit);
      if (!(isOne && isNear(check![place]!, (7 * number + 3) * unit))) return undefined;
      cells.push({ number, isCount, place, unit });
    }
  }
  return cells;
}

function isNear(value: number, expected: number): boolean {
  return Math.abs(value - expected) <= 1e-9 * expected;
}

/** Returns the pattern of a text from which these numbers are read. */
function patternOf(text: string, wanted: ReadonlySet<number>): string {
  let place = 0;
  const words = text.replaceAll("%", "%%").replace(NUMBER, () => (wanted.has(place++) ? "%lu" : UNREAD));
  // A gap in a pattern would have any length, none included, and any white space.
  const strict = words.trim().replace(/\s+/g, (gap) => `%*[${[...new Set(gap)].join("")}]`);
  return strict.replace(UNREAD_REST, "%*[ ]%*[0-9 ]");
}
