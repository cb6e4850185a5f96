import { type SeriesKey, SYNC, series } from "../catalog/index.ts";
import { ABSENT, type Collector } from "../collect/collector.ts";

/** Drifting clocks make old exchanges wrong: of so many, the one with the smallest round trip counts. */
const REMEMBERED = 16;

interface Exchange {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

/** How far the server's clock is from ours, and how far the server is. */
export class ClockOffset implements Collector {
  readonly name = "sync";
  private exchanges: Exchange[] = [];
  private best: Exchange | undefined;

  /**
   * A question and its answer: our wall clock when it was sent, the server's when it was answered, and how long both ways
   * took by the monotonic clock. Milliseconds. The answer is taken to have been half way.
   */
  add(sentMs: number, serverMs: number, roundTripMs: number): void {
    this.exchanges.push({ offsetMs: serverMs - (sentMs + roundTripMs / 2), roundTripMs });
    if (this.exchanges.length > REMEMBERED) this.exchanges.shift();
    this.best = this.exchanges.reduce((best, each) => (each.roundTripMs < best.roundTripMs ? each : best));
  }

  /** The server's wall clock less ours, milliseconds; 0 where it was never asked. */
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
