import { readdirSync, readFileSync } from "node:fs";
import { CLOSE_NORMAL, HEADERS, newId, PATHS } from "../src/sync/sync-protocol.ts";

/** As a client of ours asks. */
const FIRST_EXCHANGES = 8;
const BEAT_MS = 2000;

/** Clients of a server that do as the product's do, but run no command: many of them fit into one process. */
export class HeldClients {
  private readonly sockets: WebSocket[] = [];
  private readonly ids: readonly string[];

  constructor(
    private readonly url: string,
    count: number,
  ) {
    this.ids = Array.from({ length: count }, newId);
  }

  /** Resolves when all hold their connections, and know the server's clock. */
  async connect(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.hold(id)));
  }

  /** All ask for a start; resolves when all have been let go. */
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
      setTimeout(ask, BEAT_MS);
    };
    return promise;
  }
}

/** CPU time that the threads of a process have had until now, ns; proc_pid_schedstat(5). Ended ones are not in it. */
export function threadsNs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    return sum + Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1"), 10);
  }, 0);
}
