import { type SeriesKey, SYNC } from "../catalog/index.ts";
import { ABSENT, type Collector } from "../collect/collector.ts";
import { type Column, column, fillColumns, keysOf } from "../collect/columns.ts";

/** How many exchanges are kept. Older ones are wrong, since clocks drift. */
const MAX_EXCHANGES = 16;

interface Exchange {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

const CLOCK: readonly Column<ClockOffset>[] = [
  column(SYNC.clockOffset, ({ best }) => (best ? best.offsetMs / 1000 : ABSENT)),
  column(SYNC.roundTrip, ({ best }) => (best ? best.roundTripMs / 1000 : ABSENT)),
];

/** The offset of the server's clock and the round trip to it, by the exchange with the smallest round trip. */
export class ClockOffset implements Collector {
  readonly name = "sync";
  private exchanges: Exchange[] = [];
  best: Exchange | undefined;

  /**
   * Adds a request and its answer, milliseconds: our wall clock at the request, the server's at the answer, and the round
   * trip by the monotonic clock. The server is assumed to have answered half way through the round trip.
   */
  add(sentMs: number, serverMs: number, roundTripMs: number): void {
    this.exchanges.push({ offsetMs: serverMs - (sentMs + roundTripMs / 2), roundTripMs });
    if (this.exchanges.length > MAX_EXCHANGES) this.exchanges.shift();
    this.best = this.exchanges.reduce((best, each) => (each.roundTripMs < best.roundTripMs ? each : best));
  }

  /** The server's wall clock minus ours, milliseconds; 0 before the first exchange. */
  get offsetMs(): number {
    return this.best?.offsetMs ?? 0;
  }

  describe(): readonly SeriesKey[] {
    return keysOf(CLOCK);
  }

  sample(row: Float64Array): boolean {
    fillColumns(row, 0, CLOCK, this);
    return true;
  }
}
