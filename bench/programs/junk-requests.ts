/* junk-requests PORT RATE SECONDS: sends RATE odd or broken requests a second, and prints how many it sent. */

const START = "POST /start HTTP/1.1\r\nHost: x\r\n";

/** Sent in turn: requests that are answered, refused, cut off, or not understood. */
const KINDS: readonly string[] = [
  "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n",
  "BREW /start HTTP/1.1\r\nHost: x\r\n\r\n",
  `${START}Origin: http://elsewhere.example\r\nContent-Length: 0\r\n\r\n`,
  `${START}Content-Length: 99999\r\n\r\n`,
  `${START}X: ${"y".repeat(30_000)}\r\n\r\n`,
  "\u0000\u0001\u0002 no request at all\r\n\r\n",
  "GET /status HTTP/1.1\r\nHost: x\r\n\r\n",
];

/** The number of requests that are sent at a time. */
const BURST = 20;

const [port = 0, rate = 0, seconds = 0] = process.argv.slice(2).map(Number);
const began = performance.now();
let sent = 0;

function send(text: string): void {
  const opened = Bun.connect({
    ...{ hostname: "127.0.0.1", port },
    socket: {
      open: (socket) => void socket.write(text),
      data: (socket) => void socket.terminate(),
      error: () => undefined,
    },
  });
  // Some are never answered.
  opened.then(
    (socket) => void setTimeout(() => socket.terminate(), 500),
    () => undefined,
  );
}

while (performance.now() - began < seconds * 1000) {
  for (let i = 0; i < BURST; i++) send(KINDS[sent++ % KINDS.length]!);
  await Bun.sleep(Math.max(0, began + (sent / rate) * 1000 - performance.now()));
}
console.log(sent);
process.exit(0);
