/** One who asked for a start. */
export interface Client {
  /** Its own, or one that we gave to one of the original's. */
  readonly id: string;
  /** Whether it is one of ours, which holds a connection. */
  readonly known: boolean;
  /** Its command ends by itself: it will not ask for a stop. */
  readonly startOnly: boolean;
  /** As events name it: its address. */
  readonly name: string;
  state: "asked" | "going" | "stopped" | "lost";
}

export type NewClient = Pick<Client, "startOnly" | "name"> & { readonly id: string | undefined };

/** Who has asked for a start, and who has not asked for a stop since: the barrier. */
export class Clients {
  private readonly all = new Map<string, Client>();
  private count = 0;

  /** `wanted`: nobody starts before so many have asked. */
  constructor(readonly wanted: number) {}

  get(id: string): Client | undefined {
    return this.all.get(id);
  }

  get asked(): number {
    return this.all.size;
  }

  get going(): readonly Client[] {
    return [...this.all.values()].filter(({ state }) => state === "going");
  }

  /** So many have asked as are waited for. */
  get complete(): boolean {
    return this.all.size >= this.wanted;
  }

  /** Whether somebody may still ask for a stop. */
  get anyToStop(): boolean {
    return this.going.some(({ startOnly }) => !startOnly);
  }

  /** Takes in one who asks; who asks again is the same one. */
  ask({ id, startOnly, name }: NewClient): Client {
    const before = id === undefined ? undefined : this.all.get(id);
    if (before) return before;
    const client: Client = {
      id: id ?? `original-${++this.count}`,
      known: id !== undefined,
      ...{ startOnly, name, state: "asked" },
    };
    this.all.set(client.id, client);
    return client;
  }

  /** One who has gone before the start did not ask. */
  leave({ id, state }: Client): void {
    if (state === "asked") this.all.delete(id);
  }

  /** All who asked go. */
  go(): void {
    for (const client of this.all.values()) client.state = "going";
  }

  /**
   * Whoever asks for a stop has stopped. One of the original's does not say which: it is one of them, or where there
   * is none left, a person who means all.
   */
  stop(id: string | undefined): void {
    const one = id === undefined ? this.going.find(({ known }) => !known) : this.all.get(id);
    const meant = one === undefined && id === undefined ? this.going : [one];
    for (const client of meant) this.end(client, "stopped");
  }

  lose(id: string): void {
    this.end(this.all.get(id), "lost");
  }

  private end(client: Client | undefined, state: "stopped" | "lost"): void {
    if (client?.state === "going") client.state = state;
  }
}
