import type { Clock } from "../clock.ts";
import { Silence } from "./heartbeat.ts";
import { DONE, type FromServer } from "./sync-protocol.ts";

/** A held connection, as far as it is used here. */
export interface Line {
  send(text: string): unknown;
  close(code: number): void;
}

interface Held {
  readonly line: Line | undefined;
  readonly silence: Silence;
}

/** The server's ends of the held connections, by client. One that breaks may come back within the grace. */
export class HeldClients {
  private readonly all = new Map<string, Held>();

  constructor(
    readonly clock: Clock,
    readonly graceSeconds: number,
    /** Told of a client that has been silent for too long. */
    readonly onLost: (id: string) => void,
  ) {}

  get size(): number {
    return this.all.size;
  }

  opened(id: string, line: Line): void {
    const silence = this.all.get(id)?.silence ?? this.watch(id);
    silence.heard();
    this.all.set(id, { line, silence });
  }

  heard(id: string): void {
    this.all.get(id)?.silence.heard();
  }

  /** A connection has ended, perhaps one that another of the same client has followed. */
  closed(id: string, line: Line): void {
    const held = this.all.get(id);
    if (held?.line === line) this.all.set(id, { ...held, line: undefined });
  }

  /** A client is done, or lost: it is not expected to be heard of. */
  forget(id: string): void {
    this.all.get(id)?.silence.stop();
    this.all.delete(id);
  }

  tell(message: FromServer): void {
    for (const { line } of this.all.values()) line?.send(JSON.stringify(message));
  }

  /** Leaves all in order. */
  close(): void {
    for (const [id, { line }] of this.all) {
      this.forget(id);
      line?.close(DONE);
    }
  }

  private watch(id: string): Silence {
    return new Silence(this.clock, this.graceSeconds * 1000, () => {
      this.forget(id);
      this.onLost(id);
    });
  }
}
