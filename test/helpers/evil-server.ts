import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { createGzip } from "node:zlib";

/** Takes a connection after the head of its request: its path, and its head as it came. */
export type Evil = (socket: Socket, path: string, head: string) => void | Promise<void>;

/** A server that answers as no server should. `await using server = await evilServer(…)`. */
export async function evilServer(evil: Evil) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    // A client that goes away is what the tests wait for.
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    let head = "";
    socket.on("data", function take(bytes: Buffer) {
      head += bytes.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", take).resume();
      void evil(socket, head.split(" ", 2)[1]!, head);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends the same bytes for as long as the client takes them. */
export async function forever(socket: Socket, bytes: Uint8Array | string): Promise<void> {
  while (!socket.destroyed) {
    const isFull = !socket.write(bytes);
    await new Promise<void>((resolve) => {
      if (!isFull) return setImmediate(resolve);
      const go = () => {
        socket.off("drain", go).off("close", go);
        resolve();
      };
      socket.on("drain", go).on("close", go);
    });
  }
}

/** Sends a text byte by byte, each after a pause. */
async function slowly(socket: Socket, text: string, pauseMs: number): Promise<void> {
  for (const byte of Buffer.from(text)) {
    if (socket.destroyed) return;
    socket.write(Uint8Array.of(byte));
    await Bun.sleep(pauseMs);
  }
}

/** Answers and closes the connection. */
export function answer(socket: Socket, head: string, body: string | Uint8Array = ""): void {
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  socket.write(`HTTP/1.1 ${head}\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`);
  socket.end(body);
}

/** A gzip of so many MiB of one byte, which takes a thousandth of that. */
export async function bomb(mebibytes: number, byte = 0): Promise<Uint8Array> {
  const gzip = createGzip({ level: 9 });
  const packed: Buffer[] = [];
  gzip.on("data", (bytes: Buffer) => packed.push(bytes));
  const ended = new Promise((resolve) => gzip.on("end", resolve));
  const block = Buffer.alloc(1 << 20, byte);
  for (let i = 0; i < mebibytes; i++)
    if (!gzip.write(block)) await new Promise((resolve) => gzip.once("drain", resolve));
  gzip.end();
  await ended;
  return Buffer.concat(packed);
}

const ENDLESS = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
const CHUNK = `100000\r\n${"x".repeat(1 << 20)}\r\n`;

/** What a server of any kind can do to its clients. */
export const EVILS: Readonly<Record<string, () => Evil | Promise<Evil>>> = {
  "a body without an end": () => (socket) => {
    socket.write(ENDLESS);
    return forever(socket, CHUNK);
  },
  "a body that unpacks to 1 GiB": async () => {
    const packed = await bomb(1024);
    return (socket) => answer(socket, "200 OK\r\nContent-Encoding: gzip", packed);
  },
  "an error whose body unpacks to 1 GiB": async () => {
    const packed = await bomb(1024, 0x78);
    return (socket) => answer(socket, "418 Teapot\r\nContent-Encoding: gzip", packed);
  },
  "headers without an end": () => (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nX: ");
    return forever(socket, "a".repeat(65536));
  },
  "ever new headers": () => (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    return forever(socket, "X: y\r\n".repeat(1000));
  },
  "ever new interim answers": () => (socket) => forever(socket, "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000)),
  "deep JSON": () => (socket) => answer(socket, "200 OK", "[".repeat(5_000_000)),
  "no bytes": () => () => undefined,
  "a byte now and then": () => (socket) =>
    slowly(socket, `HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${"{".repeat(5000)}`, 200),
  "a closed connection": () => (socket) => void socket.destroy(),
  noise: () => (socket) => void socket.end(Buffer.alloc(1 << 20, 0xa5)),
};
