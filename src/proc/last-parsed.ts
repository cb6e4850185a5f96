import { LastText } from "../os/text-scan.ts";
import type { KernelTable } from "./procfs.ts";
import { MOST_BYTES, type NumberTable, TextShape } from "./text-shape.ts";

/** How often the shape of a text is looked for: one that changes again and again costs more than it saves. */
const MOST_SHAPES = 8;

/** Parses texts into a table: not at all where it is the last text again, and by the C library where only numbers have changed. */
export class LastParsed {
  private readonly text = new LastText();
  private shape: TextShape | undefined;
  private shapes = 0;

  constructor(private readonly table: KernelTable) {}

  /** The table was cleared. */
  forget(): void {
    this.text.length = -1;
  }

  /** Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { text, table } = this;
    if (text.isSame(bytes)) return;
    const isFirst = text.length < 0;
    text.take(bytes);
    if (hasValues(table) && this.shape?.parse(table, text)) return;
    // Of lines that may have come or gone, where they were says nothing.
    if (isFirst || this.shape) table.restart?.();
    this.shape = undefined;
    // Only a text that can be parsed may be found to be the same again.
    this.forget();
    table.parse(bytes);
    if (!isFirst && hasValues(table)) this.findShape(table, bytes);
    text.length = bytes.length;
  }

  /** `bytes` were parsed. */
  private findShape(table: NumberTable, bytes: Uint8Array): void {
    if (this.shapes >= MOST_SHAPES || bytes.length > MOST_BYTES) return;
    this.shapes++;
    this.shape = TextShape.of(table, bytes);
    if (!this.shape) this.shapes = MOST_SHAPES;
    // It has the values of other texts by now.
    table.parse(bytes);
  }
}

function hasValues(table: KernelTable): table is NumberTable {
  return table.values !== undefined;
}
