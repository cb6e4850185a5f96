import { type SeriesKey, SYNC, series } from "../catalog/index.ts";
import { ABSENT, type Collector } from "../collect/collector.ts";

/** How many exchanges are kept. Older ones are wrong, since clocks drift. */
const MAX_EXCHANGES = 16;

interface Exchange {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

/** The offset of the server's clock and the round trip to it, by the exchange with the smallest round trip. */
export class ClockOffset implements Collector {
  readonly name = "sync";
  private exchanges: Exchange[] = [];
  private best: Exchange | undefined;

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
    return [series(SYNC.clockOffset), series(SYNC.roundTrip)];
  }

  sample(row: Float64Array): boolean {
    row[0] = this.best ? this.best.offsetMs / 1000 : ABSENT;
    row[1] = this.best ? this.best.roundTripMs / 1000 : ABSENT;
    return true;
  }
}
