import { familyName, type Metric, sampleName } from "../catalog/index.ts";
import type { Block, RecordedSeries, Recording } from "../recording/recording.ts";
import { eventSeries, factSeries } from "./annotations.ts";
import { escapeText } from "./escape.ts";
import { LabelText } from "./labels.ts";
import { NUMBER_BYTES, numberText, STAMP_BYTES, writeNumber } from "./number.ts";
import { inFamilyOrder, sortSeries } from "./order.ts";
import { StampCache } from "./stamps.ts";
import { ChunkWriter, encodeText } from "./writer.ts";

/**
 * Writes a recording as OpenMetrics 1.0 text, the same bytes for the same recording. Points go from the recording's
 * blocks straight into the chunks; a chunk is valid until `write` returns.
 */
export function render(recording: Recording, write: (bytes: Uint8Array) => void): void {
  const steps = renderInSteps(recording, write);
  while (!steps.next().done);
}

/** The same in steps of one series each, so that there can be something else to do in between. */
export function* renderInSteps(recording: Recording, write: (bytes: Uint8Array) => void): Generator<void> {
  const out = new ChunkWriter(write);
  const stamps = new StampCache();
  const labels = new LabelText(recording.identity);
  for (const family of familiesOf(recording)) {
    let named = false;
    for (const series of family) {
      named = renderSeries(out, stamps, labels, series, named);
      yield;
    }
  }
  out.text("# EOF\n");
  out.flush();
}

/**
 * Up to so many rows a block is written by texts, and up to so many where it is all that there is of a series. Of more,
 * texts would be garbage by the hundred thousand, and code that writes bytes is compiled by then.
 */
const FEW_ROWS = 8;
const FEW_ROWS_IN_ALL = 128;

/** Every series, facts and events among them, by family and sorted. */
function familiesOf(recording: Recording): RecordedSeries[][] {
  const { facts, events, startMs } = recording;
  const families = new Map<string, RecordedSeries[]>();
  for (const all of [factSeries(facts, startMs), eventSeries(events), recording.series()]) {
    for (const series of all) {
      const family = families.get(series.metric.name);
      if (family) family.push(series);
      else families.set(series.metric.name, [series]);
    }
  }
  const ordered = inFamilyOrder(families);
  for (const family of ordered) sortSeries(family);
  return ordered;
}

/** The points of one series; a family is named before its first point, and not at all where it has none. */
function renderSeries(out: ChunkWriter, stamps: StampCache, labels: LabelText, series: RecordedSeries, named: boolean) {
  let isNamed = named;
  let prefix: Uint8Array | undefined;
  const blocks = series.blocks();
  const few = Array.isArray(blocks) && blocks.length === 1 ? FEW_ROWS_IN_ALL : FEW_ROWS;
  for (const block of blocks) {
    if (!hasPoint(block)) continue;
    if (!isNamed) out.text(metadata(series.metric));
    isNamed = true;
    if (block.length <= few) {
      out.text(fewPoints(`${sampleName(series.metric)}{${labels.of(series)}} `, stamps, block));
      continue;
    }
    prefix ??= encodeText(`${sampleName(series.metric)}{${labels.of(series)}} `);
    renderPoints(out, stamps, prefix, block);
  }
  return isNamed;
}

function metadata(metric: Metric): string {
  const name = familyName(metric);
  const unit = metric.unit === undefined ? "" : `# UNIT ${name} ${metric.unit}\n`;
  const help = metric.help === "" ? "" : `# HELP ${name} ${escapeText(metric.help)}\n`;
  return `# TYPE ${name} ${metric.type}\n${unit}${help}`;
}

function hasPoint({ length, values }: Block): boolean {
  for (let row = 0; row < length; row++) if (!Number.isNaN(values[row])) return true;
  return false;
}

/**
 * The lines of a block of a few rows, by whole texts: most runs are short, and what is executed some thousand times
 * only is not compiled, so that each byte of the other way would cost fifty times as much.
 */
function fewPoints(prefix: string, stamps: StampCache, block: Block): string {
  const ends = stamps.textsOf(block);
  let lines = "";
  let last = Number.NaN;
  let start = "";
  for (let row = 0; row < block.length; row++) {
    const value = block.values[row] as number;
    if (Number.isNaN(value)) continue;
    // Most values are the one before; a zero may have another sign.
    if (value !== last || value === 0) {
      last = value;
      start = prefix + numberText(value);
    }
    lines += start + ends[row];
  }
  return lines;
}

/** The lines of one block. It runs once a point: bytes are copied by hand, since a call for so few costs more. */
function renderPoints(out: ChunkWriter, stamps: StampCache, prefix: Uint8Array, block: Block): void {
  const { bytes: stampBytes, starts } = stamps.of(block);
  const most = prefix.length + NUMBER_BYTES + STAMP_BYTES;
  for (let row = 0; row < block.length; row++) {
    const value = block.values[row] as number;
    if (Number.isNaN(value)) continue;
    out.reserve(most);
    const into = out.bytes;
    into.set(prefix, out.at);
    let at = writeNumber(into, out.at + prefix.length, value);
    const end = starts[row + 1] as number;
    for (let i = starts[row] as number; i < end; i++) into[at++] = stampBytes[i] as number;
    out.at = at;
  }
}
