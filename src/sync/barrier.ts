/** The sender of a /start or /stop. */
export interface Requester {
  /** Undefined for an original client. */
  readonly id: string | undefined;
  /** Its command ends by itself, so that it will not send a /stop. */
  readonly startOnly: boolean;
  /** Its address. */
  readonly name: string;
}

/** A client that has asked for a start. */
export interface BarrierClient extends Requester {
  /** Its own id, or one that we gave to an original client. */
  readonly id: string;
  /** Whether it is an original client: it has no connection and does not know the server's clock. */
  readonly isOriginal: boolean;
  state: "waiting" | "going" | "stopped" | "lost";
}

/** Holds clients back until as many have asked as are wanted, then counts which of them are still going. */
export class Barrier {
  private readonly clients = new Map<string, BarrierClient>();
  private originals = 0;

  constructor(readonly wanted: number) {}

  get(id: string): BarrierClient | undefined {
    return this.clients.get(id);
  }

  /** The number of clients that have asked for a start. */
  get asked(): number {
    return this.clients.size;
  }

  /** Clients that have started and neither stopped nor been lost. */
  get going(): readonly BarrierClient[] {
    return [...this.clients.values()].filter(({ state }) => state === "going");
  }

  get isComplete(): boolean {
    return this.clients.size >= this.wanted;
  }

  /** Whether a client may still ask for a stop. */
  get awaitsStop(): boolean {
    return this.going.some(({ startOnly }) => !startOnly);
  }

  /** Adds a client. One that asks again is returned as it is. */
  join({ id, startOnly, name }: Requester): BarrierClient {
    const known = id === undefined ? undefined : this.clients.get(id);
    if (known) return known;
    const client: BarrierClient = {
      id: id ?? `original-${++this.originals}`,
      isOriginal: id === undefined,
      ...{ startOnly, name, state: "waiting" },
    };
    this.clients.set(client.id, client);
    return client;
  }

  /** Removes a client that went away before the start. */
  leave({ id, state }: BarrierClient): void {
    if (state === "waiting") this.clients.delete(id);
  }

  /** Lets all waiting clients go. */
  open(): void {
    for (const client of this.clients.values()) client.state = "going";
  }

  /**
   * Marks a client as stopped. Without an id it is one of the original clients that are still going. Where none is, a
   * person has asked, which stops all clients.
   */
  stop(id: string | undefined): void {
    if (id !== undefined) {
      this.end(id, "stopped");
      return;
    }
    const original = this.going.find(({ isOriginal }) => isOriginal);
    for (const client of original ? [original] : this.going) this.end(client.id, "stopped");
  }

  lose(id: string): void {
    this.end(id, "lost");
  }

  private end(id: string, state: "stopped" | "lost"): void {
    const client = this.clients.get(id);
    if (client?.state === "going") client.state = state;
  }
}
