import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { answer, EVILS, type Evil, evilServer, forever } from "../helpers/evil-server.ts";
import { inSmallMemory } from "../helpers/small-memory.ts";
import { tempFolder } from "../helpers/statexec.ts";

const TOKEN = "tok-never-printed";

const STATUS = {
  ...{ statexec: "1", protocol: 1, session: "0123456789abcdef", state: "waiting", instance: "x", since: "x" },
  ...{ clients: { wanted: 1, asked: 0, going: 0 }, graceSeconds: 1 },
};

/** Connects to a server, which must come to nothing: one or two lines, 125, no command, little memory, in time. */
async function expectRefused(evil: Evil): Promise<string> {
  using folder = tempFolder();
  await using server = await evilServer(evil);
  const words = ["-f", folder.file("run.prom"), "-c", `127.0.0.1:${server.port}`, "--sync-timeout", "2"];
  const { status, stdout, stderr, isSmall } = await inSmallMemory(
    [...words, "--sync-grace", "1", "--sync-token", TOKEN, "--", "echo", "RAN"],
    { cwd: folder.path, seconds: 40 },
  );
  expect([status, stdout, isSmall]).toEqual([125, "", true]);
  expect(stderr).toMatch(/^(statexec: .*\n){1,2}$/);
  expect(stderr).not.toContain(TOKEN);
  return stderr;
}

describe("a client whose server answers with", () => {
  test.each(Object.keys(EVILS))(
    "%s",
    async (name) => {
      await expectRefused(await EVILS[name]!());
    },
    120_000,
  );

  test("a status that unpacks: a bound that is named", async () => {
    expect(await expectRefused(await EVILS["a body that unpacks to 1 GiB"]!())).toContain("its status is too long");
  }, 120_000);

  test.each([
    ["404 Not Found", "200 OK", "answered 200 OK to /start"],
    ["404 Not Found", "201 Created\r\nX: y", ""],
  ])(
    "the status of an original server, and a start without an end (%s, %s)",
    async (status, start, said) => {
      const evil: Evil = (socket, path) => {
        if (path !== "/start") return answer(socket, status);
        socket.write(`HTTP/1.1 ${start}\r\nTransfer-Encoding: chunked\r\n\r\n`);
        return forever(socket, `100000\r\n${"x".repeat(1 << 20)}\r\n`);
      };
      if (said !== "") expect(await expectRefused(evil)).toContain(said);
      else await expectRuns(evil);
    },
    120_000,
  );

  test("its token in the words of a refusal, with control sequences", async () => {
    const said = await expectRefused((socket, path) =>
      answer(socket, path === "/start" ? `418 no ${TOKEN} \x9b2J` : "404 Not Found"),
    );
    expect(said).toContain("answered 418 no … ");
  }, 120_000);
});

/** A server that takes part up to the connection, which is then `evil`'s. */
function afterUpgrade(evil: (socket: Socket) => void | Promise<void>, start = "", status: object = STATUS): Evil {
  return (socket, path, head) => {
    if (path === "/status") return answer(socket, "200 OK", JSON.stringify(status));
    if (path === "/start") return start === "" ? undefined : answer(socket, start);
    const key = /^sec-websocket-key: (.*)\r$/im.exec(head)![1]!;
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    socket.write(`${upgraded}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
    return evil(socket);
  };
}

/** Returns a frame of a WebSocket that claims to have `claimed` bytes. */
function frame(opcode: number, text: string, claimed = text.length): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE((opcode << 8) | 127);
  head.writeBigUInt64BE(BigInt(claimed), 2);
  return Buffer.concat([head, Buffer.from(text)]);
}

const MEBIBYTE = "x".repeat(1 << 20);

/** Answers each heartbeat, as a server does. */
function beats(socket: Socket): void {
  socket.on("data", (bytes: Buffer) => {
    // A client that closes is not answered.
    if (bytes[0] !== 0x81) return;
    const mask = bytes.subarray(2, 6);
    const text = bytes.subarray(6, 6 + (bytes[1]! & 0x7f)).map((byte, i) => byte ^ mask[i % 4]!);
    const { number } = JSON.parse(Buffer.from(text).toString()) as { number: number };
    socket.write(frame(0x81, JSON.stringify({ type: "clock", number, wallMs: Date.now() })));
  });
}

describe("a client whose server, once connected, sends", () => {
  test.each<[string, (socket: Socket) => void | Promise<void>]>([
    [
      "a message that claims a tebibyte",
      (socket) => {
        socket.write(frame(0x81, "", 2 ** 40));
        return forever(socket, MEBIBYTE);
      },
    ],
    [
      "parts of a message without an end",
      (socket) => {
        socket.write(frame(0x01, MEBIBYTE));
        return forever(socket, frame(0x00, MEBIBYTE));
      },
    ],
    [
      "answers that nobody asked for",
      (socket) => forever(socket, frame(0x81, '{"type":"clock","number":999,"wallMs":1}')),
    ],
    ["ever new starts", (socket) => forever(socket, frame(0x81, '{"type":"began","wallMs":1}'))],
    ["long messages", (socket) => forever(socket, frame(0x81, MEBIBYTE))],
    ["pings", (socket) => forever(socket, Buffer.concat(Array(1000).fill(Buffer.from([0x89, 0]))))],
    ["nothing", () => undefined],
    ["noise", (socket) => forever(socket, Buffer.alloc(1 << 16, 0xff))],
  ])(
    "%s: the server is lost",
    async (_, evil) => {
      expect(await expectRefused(afterUpgrade(evil))).toContain("lost the server");
    },
    120_000,
  );

  test("a start far ahead: refused", async () => {
    const start = `201 Created\r\nstatexec-start-at: ${Date.now() + 3_600_000}`;
    expect(await expectRefused(afterUpgrade(beats, start))).toMatch(
      /asks for a start in 3\d{3} s, expected at most 60 s/,
    );
  }, 120_000);

  test.each([{ graceSeconds: -1 }, { session: "\x1b[2J" }])(
    "a status with %j: not one of ours",
    async (wrong) => {
      await expectRefused(afterUpgrade(beats, "418 No", { ...STATUS, ...wrong }));
    },
    120_000,
  );
});

/** Runs its command all the same: what was too much was of no interest. */
async function expectRuns(evil: Evil): Promise<void> {
  using folder = tempFolder();
  await using server = await evilServer(evil);
  const words = ["-f", folder.file("run.prom"), "-sso", "-c", `127.0.0.1:${server.port}`, "echo", "RAN"];
  const { status, stdout, isSmall } = await inSmallMemory(words, { seconds: 40 });
  expect([status, stdout, isSmall]).toEqual([0, "RAN\n", true]);
}
