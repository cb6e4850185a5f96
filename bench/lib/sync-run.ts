import { join } from "node:path";
import { CLOSE_NORMAL, HEADERS, newId, PATHS } from "../../src/sync/sync-protocol.ts";
import type { Lab } from "./lab.ts";

export const HOST = "127.0.0.1";

/** As many clock exchanges as the product's client begins with. */
const FIRST_EXCHANGES = 8;
const CLOCK_PERIOD_MS = 2000;

/** Returns a port that nothing listens on. */
export function freePort(): number {
  const server = Bun.listen({ hostname: HOST, port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}

interface SyncServer {
  readonly pid: number;
  /** Its metrics file. */
  readonly file: string;
  readonly exited: Promise<number>;
}

/** Starts the product as a sync server; resolves when it waits for clients. */
export async function startSyncServer(lab: Lab, port: number, words: readonly string[]): Promise<SyncServer> {
  const file = join(lab.folder, "server.prom");
  const command = [await lab.product(), "-s", "-sp", `${port}`, "-f", file, ...words];
  const child = Bun.spawn(command, { stdio: ["ignore", "ignore", "pipe"] });
  const { value } = await child.stderr.getReader().read();
  const printed = new TextDecoder().decode(value);
  if (!printed.includes("waiting for")) throw new Error(`the server does not wait: ${printed}`);
  return { pid: child.pid, file, exited: child.exited };
}

/** Clients that speak as the product's do but run no command: many of them fit into one process. */
export class LightClients {
  private readonly sockets: WebSocket[] = [];
  private readonly ids: readonly string[];

  constructor(
    private readonly url: string,
    count: number,
  ) {
    this.ids = Array.from({ length: count }, newId);
  }

  /** Resolves when all are connected and have measured the offset of the server's clock. */
  async connect(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.hold(id)));
  }

  /** All ask for a start; resolves when all have been released. */
  async start(): Promise<void> {
    const asked = this.ids.map(async (id) => {
      const answer = await this.post(PATHS.start, id);
      if (answer.status !== 201) throw new Error(`/start was answered with ${answer.status}, expected 201`);
    });
    await Promise.all(asked);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.close(CLOSE_NORMAL);
    await Promise.all(this.ids.map((id) => this.post(PATHS.stop, id)));
  }

  private post(path: string, id: string): Promise<Response> {
    return fetch(`${this.url}${path}`, { method: "POST", headers: { [HEADERS.client]: id } });
  }

  private hold(id: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = new WebSocket(`${this.url.replace("http", "ws")}${PATHS.connection}`, {
      headers: { [HEADERS.client]: id },
    });
    this.sockets.push(socket);
    let number = 0;
    const ask = () => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "clock", number: number++ }));
    };
    socket.onopen = ask;
    socket.onerror = () => reject(new Error(`${this.url}${PATHS.connection}: no connection`));
    socket.onmessage = ({ data }) => {
      if (JSON.parse(String(data)).type !== "clock") return;
      if (number < FIRST_EXCHANGES) return ask();
      resolve();
      setTimeout(ask, CLOCK_PERIOD_MS);
    };
    return promise;
  }
}
