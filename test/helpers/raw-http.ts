/**
 * Sends bytes over a new connection. Returns all that comes back until the answer is complete, the connection closes, or
 * nothing has come for `quietMs`.
 */
export async function exchange(port: number | string, request: string | Uint8Array, quietMs = 2000): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let answer = "";
  let timer = setTimeout(resolve, quietMs);
  const socket = await Bun.connect({
    ...{ hostname: "127.0.0.1", port: Number(port) },
    socket: {
      data: (_, bytes) => {
        answer += new TextDecoder("latin1").decode(bytes);
        if (isComplete(answer)) resolve();
        clearTimeout(timer);
        timer = setTimeout(resolve, quietMs);
      },
      close: () => resolve(),
      end: () => resolve(),
      error: () => resolve(),
    },
  });
  socket.write(request);
  await promise;
  clearTimeout(timer);
  socket.terminate();
  return answer;
}

/** Whether an answer that states its length has all of it. Others end with the connection. */
function isComplete(answer: string): boolean {
  const [head = "", body] = answer.split("\r\n\r\n", 2);
  if (body === undefined) return false;
  if (/^HTTP\/1\.[01] 204/.test(head)) return true;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return length !== undefined && body.length >= Number(length);
}

/** A POST request as an original client sends it. */
export function plainPost(path: string): string {
  return [
    `POST ${path} HTTP/1.1`,
    "Host: localhost:8080",
    "User-Agent: Go-http-client/1.1",
    "Content-Length: 0",
    "Content-Type: ",
    "Accept-Encoding: gzip",
    "",
    "",
  ].join("\r\n");
}

/** Status and body of an answer. */
export function statusAndBody(answer: string): [status: number, body: string] {
  const [head = "", body = ""] = answer.split("\r\n\r\n", 2);
  return [Number(head.split(" ")[1]), body];
}

/** A server that answers as an original one does, or by path as `answers` says. It keeps the requests in `asked`. */
export function originalServer(answers: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  let buffered = "";
  let started = false;
  const answer = (path: string): string => {
    if (path in answers) return answers[path]!;
    if (path === "/start" && started) return "409 Conflict\r\n\r\nKO";
    if (path === "/start") {
      started = true;
      return "201 Created\r\n\r\nOK";
    }
    if (path === "/stop") return started ? "202 Accepted\r\n\r\nCommand stopped" : "412 Precondition Failed\r\n\r\n";
    return "404 Not Found\r\n\r\n404 page not found\n";
  };
  const server = Bun.listen({
    ...{ hostname: "127.0.0.1", port: 0 },
    socket: {
      data(socket, bytes) {
        buffered += bytes.toString();
        for (let end = buffered.indexOf("\r\n\r\n"); end >= 0; end = buffered.indexOf("\r\n\r\n")) {
          const [method = "", path = ""] = buffered.split(" ", 2);
          buffered = buffered.slice(end + 4);
          asked.push(`${method} ${path}`);
          const [head = "", body = ""] = answer(path).split("\r\n\r\n");
          socket.write(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        }
      },
    },
  });
  return { port: server.port, asked, [Symbol.dispose]: () => server.stop(true) };
}
