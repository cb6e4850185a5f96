import type { Metric } from "../../src/catalog/index.ts";
import type { Unit } from "../../src/recording/quantities.ts";

/** A line of a panel, or one for each value of a label. */
export interface LineSpec {
  readonly metric: Metric;
  /** What it is called; `{}` stands for the value of the label that `by` names. */
  readonly label: string;
  /** Only series with one of these values of a label. */
  readonly only?: Readonly<Record<string, readonly string[]>>;
  /** A line for each value of this label, the biggest first; else all series are one line. */
  readonly by?: string;
  /** Place in the palette. Lines with `by` have colours of their own. */
  readonly hue: Hue;
  readonly dashed?: boolean;
  /** Lies upon the layers before it; what is no layer is a plain line. */
  readonly layer?: boolean;
}

/** Colours by what they stand for; the palette has them for both themes. */
export type Hue = "blue" | "orange" | "green" | "purple" | "red" | "sky" | "yellow" | "grey";

/** What a panel's values are measured by. */
export interface LimitSpec {
  readonly label: string;
  /** A gauge; `cpus` is how many there are, by that name or by their series. */
  readonly of: Metric | "cpus";
}

/** One chart, as data. */
export interface PanelSpec {
  /** Names the panel in the page. */
  readonly id: string;
  readonly section: "command" | "machine" | "recorder";
  readonly title: string;
  /** What it shows, where the title does not say it. */
  readonly hint: string;
  readonly unit: Unit;
  readonly lines: readonly LineSpec[];
  readonly limits?: readonly LimitSpec[];
  /** Said in place of a chart where nothing ever happened: everything was recorded, and is zero. */
  readonly quiet?: string;
}

/** A line whose label names must be the metric's own. */
export function line<const M extends Metric>(
  metric: M,
  spec: Omit<LineSpec, "metric" | "only" | "by"> & {
    readonly only?: { readonly [L in M["labels"][number]]?: readonly string[] };
    readonly by?: M["labels"][number];
  },
): LineSpec {
  return { ...spec, metric } as LineSpec;
}
