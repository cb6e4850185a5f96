import type { Section } from "./panel.ts";
import { rendered } from "./render.ts";

const HEIGHTS = { tile: 3, graph: 8, table: 8, status: 4 } as const;

const COLUMNS = 24;

/** The panels of all sections as Grafana has them, from the top of the page down. */
export function layOut(sections: readonly Section[]): object[] {
  const laid: object[] = [];
  let y = 0;
  const next = () => laid.length + 1;
  for (const { title, panels } of sections) {
    laid.push({ id: next(), type: "row", title, collapsed: false, panels: [], gridPos: { x: 0, y, w: COLUMNS, h: 1 } });
    y++;
    let x = 0;
    let rowHeight = 0;
    for (const panel of panels) {
      if (x + panel.width > COLUMNS) [x, y, rowHeight] = [0, y + rowHeight, 0];
      const h = HEIGHTS[panel.kind];
      laid.push({ id: next(), ...rendered(panel), gridPos: { x, y, w: panel.width, h } });
      x += panel.width;
      rowHeight = Math.max(rowHeight, h);
    }
    y += rowHeight;
  }
  return laid;
}
