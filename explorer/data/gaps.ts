import { placeOf } from "./points.ts";

/** Samples that are so many times further apart than most: in between there were none. */
const GAP_INTERVALS = 3;

/** A stall that is shorter hides nothing: what a counter grew by in it is known all the same. */
const LEAST_GAP_MS = 1000;

/** How many distances tell the usual one. */
const LOOKED_AT = 1024;

/** How often a series has a point. */
interface Rhythm {
  /** In samples: 1 where it has one at each. */
  readonly stride: number;
  /** Points that are further apart have a gap between them. */
  readonly longestMs: number;
}

const rhythms = new WeakMap<Float64Array, { readonly samples: Float64Array; readonly rhythm: Rhythm }>();

/**
 * Tells gaps from what merely lies between two points of one series. A file says nothing of a sample at which a series
 * was absent: so one that has a point at each sample, or at each tenth as costly ones do, has a gap where it misses
 * its turn; and all have one where nothing was sampled for long.
 */
export class Gaps {
  private readonly _samples: Float64Array;
  private readonly _rhythm: Rhythm;
  /** Place of a sample, moved along with the points that are asked for. */
  private cursor = -1;

  /** `samples`: the times of all samples, a series' own times among them. */
  constructor(times: Float64Array, values: Float64Array, samples: Float64Array) {
    this._samples = samples;
    this._rhythm = rhythmOf(times, values, samples);
  }

  /** Where the gap between two neighbouring points is to be shown; NaN: there is none. Points are asked for in order. */
  between(fromMs: number, toMs: number): number {
    const first = this.place(fromMs);
    const last = this.place(toMs);
    const isMissing = last - first >= 2 * this._rhythm.stride;
    if (!isMissing && toMs - fromMs <= this._rhythm.longestMs) return Number.NaN;
    return last - first > 1 ? (this._samples[first + 1] as number) : (fromMs + toMs) / 2;
  }

  private place(atMs: number): number {
    const samples = this._samples;
    let at = this.cursor;
    // From one point to the next is a step or none; anything else is looked up.
    if (samples[at] === atMs) return at;
    if (samples[at + 1] === atMs) at++;
    else at = placeOf(samples, atMs);
    this.cursor = at;
    return at;
  }
}

function rhythmOf(times: Float64Array, values: Float64Array, samples: Float64Array): Rhythm {
  const known = rhythms.get(values);
  if (known && known.samples === samples) return known.rhythm;
  const stride = usual(strides(times, values, samples)) || 1;
  const longestMs = Math.max(LEAST_GAP_MS, GAP_INTERVALS * stride * (usual(distances(samples)) || 0));
  const rhythm = { stride, longestMs };
  rhythms.set(values, { samples, rhythm });
  return rhythm;
}

/** How many samples lie between some neighbouring points. */
function strides(times: Float64Array, values: Float64Array, samples: Float64Array): number[] {
  const found: number[] = [];
  const step = Math.max(1, Math.floor(times.length / LOOKED_AT));
  for (let at = 0; at < times.length; at += step) {
    const first = presentFrom(values, at);
    const second = presentFrom(values, first + 1);
    if (second >= times.length) break;
    found.push(placeOf(samples, times[second] as number) - placeOf(samples, times[first] as number));
    at = Math.max(at, first);
  }
  return found;
}

function presentFrom(values: Float64Array, from: number): number {
  let at = from;
  while (at < values.length && Number.isNaN(values[at])) at++;
  return at;
}

function distances(samples: Float64Array): number[] {
  const found: number[] = [];
  const step = Math.max(1, Math.floor(samples.length / LOOKED_AT));
  for (let at = 1; at < samples.length; at += step) found.push((samples[at] as number) - (samples[at - 1] as number));
  return found;
}

/** The middle one; undefined of none. */
function usual(numbers: number[]): number | undefined {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}
