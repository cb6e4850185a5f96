import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

interface Received {
  readonly method: string;
  /** As the request line has it: of a proxy, the whole address. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** Unpacked. */
  readonly body: string;
}

/** What a target does with a request; undefined: takes it. */
export type Reaction = (request: Received, response: ServerResponse, place: number) => boolean | undefined;

/** A server that tests push to, which notes all that it is sent. `using target = await pushTarget(…)`. */
export async function pushTarget(react: Reaction = () => undefined) {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const packed = Buffer.concat(chunks);
    const body = (request.headers["content-encoding"] === "gzip" ? gunzipSync(packed) : packed).toString();
    const received = { method: request.method!, url: request.url!, headers: request.headers, body };
    requests.push(received);
    if (!react(received, response, requests.length - 1))
      response.writeHead(received.method === "POST" ? 204 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    posts: () => requests.filter(({ method }) => method === "POST"),
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
