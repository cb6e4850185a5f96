import { defineMetrics } from "./metric.ts";

/** A synchronised run: the offset between the clocks of both sides. */
export const SYNC = defineMetrics({
  clockOffset: {
    name: "sync_clock_offset_seconds",
    type: "gauge",
    unit: "seconds",
    help: "The server's wall clock less the client's, right to half the round trip.",
    source: "the control connection, the exchange with the smallest round trip",
  },
  roundTrip: {
    name: "sync_round_trip_seconds",
    type: "gauge",
    unit: "seconds",
    help: "Smallest round trip to the server.",
    source: "the control connection",
  },
});
