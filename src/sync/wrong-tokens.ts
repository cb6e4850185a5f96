import type { Clock } from "../clock.ts";

/** Wrong tokens that a peer may send at once, and how long it then waits for each further one. */
const MOST_AT_ONCE = 10;
const WAIT_MS = 1000;

/** Peers that are remembered; of more, the one that was wrong first is forgotten. */
const MOST_PEERS = 1000;

interface Bucket {
  /** Wrong tokens that may be sent now; a fraction grows to the next. */
  left: number;
  atMs: number;
}

/**
 * Slows down who guesses tokens: a peer that has sent too many wrong ones is refused, whatever it sends, until it may send
 * another.
 */
export class WrongTokens {
  private readonly clock: Pick<Clock, "now">;
  private readonly buckets = new Map<string, Bucket>();

  constructor(clock: Pick<Clock, "now">) {
    this.clock = clock;
  }

  /** Whether a peer, by its address, may send a token now. */
  mayTry(address: string): boolean {
    const bucket = this.buckets.get(peerOf(address));
    return bucket === undefined || this.fill(bucket).left >= 1;
  }

  /** Notes that a peer has sent a wrong token. */
  failed(address: string): void {
    const peer = peerOf(address);
    const bucket = this.buckets.get(peer) ?? { left: MOST_AT_ONCE, atMs: this.clock.now() };
    this.fill(bucket).left -= 1;
    this.buckets.set(peer, bucket);
    if (this.buckets.size <= MOST_PEERS) return;
    for (const first of this.buckets.keys()) {
      this.buckets.delete(first);
      return;
    }
  }

  private fill(bucket: Bucket): Bucket {
    const now = this.clock.now();
    bucket.left = Math.min(MOST_AT_ONCE, bucket.left + (now - bucket.atMs) / WAIT_MS);
    bucket.atMs = now;
    return bucket;
  }
}

/** Returns what stands for one peer: an IPv4 address, or the network of an IPv6 address, in which a host has many. */
function peerOf(address: string): string {
  const short = address.replace(/^::ffff:(?=\d+\.)/, "");
  if (!short.includes(":")) return short;
  const [before = "", after] = short.split("::");
  const groups = before.split(":");
  const missing = after === undefined ? 0 : 8 - groups.length - after.split(":").length;
  const all = [...groups, ...Array(missing).fill("0"), ...(after ?? "").split(":")];
  return all
    .slice(0, 4)
    .map((group) => group || "0")
    .join(":");
}
