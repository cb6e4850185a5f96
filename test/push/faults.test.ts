import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pushTarget, type Reaction } from "../helpers/push-target.ts";
import { runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { isMissing } from "../helpers/validators.ts";

const SAMPLE = join(import.meta.dir, "../../explorer/import/build.prom");
const TEXT = readFileSync(SAMPLE, "utf8");

/** Reacts to the first requests, and accepts the rest. */
function atFirst(times: number, react: Reaction): Reaction {
  return (request, response, place) =>
    place < times && request.method === "POST" ? react(request, response, place) : undefined;
}

const answer =
  (status: number, headers: Record<string, string> = {}, text = "") =>
  (_: unknown, response: Parameters<Reaction>[1]) => {
    response.writeHead(status, headers).end(text);
    return true;
  };

describe("a target that fails", () => {
  test("500 twice, then success: all arrives, and the body is the file", async () => {
    using target = await pushTarget(atFirst(2, answer(500)));
    const { code, stdout } = await statexec(["--push", target.url, SAMPLE]);
    expect(code).toBe(0);
    expect(target.posts().map(({ url }) => url)).toEqual(Array(3).fill("/api/v1/import/prometheus"));
    expect(target.posts().at(-1)!.body).toBe(TEXT);
    expect(stdout).toContain("not verified: a query is answered 404");
  });

  test("a lost connection is retried", async () => {
    using target = await pushTarget(
      atFirst(1, (_, response) => {
        response.socket?.destroy();
        return true;
      }),
    );
    const { code } = await statexec(["--push", target.url, SAMPLE]);
    expect([code, target.posts().length]).toEqual([0, 2]);
  });

  test("429 with Retry-After is retried no earlier", async () => {
    const times: number[] = [];
    using target = await pushTarget((request, response, place) => {
      if (request.method === "POST") times.push(performance.now());
      return atFirst(1, answer(429, { "retry-after": "2" }))(request, response, place);
    });
    expect((await statexec(["--push", target.url, SAMPLE])).code).toBe(0);
    expect(times).toHaveLength(2);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1900);
  });

  test("a Retry-After of an hour is a failure at once", async () => {
    using target = await pushTarget(atFirst(9, answer(503, { "retry-after": "3600" })));
    const { code, stderr } = await statexec(["--push", target.url, SAMPLE]);
    expect([code, target.requests.length]).toEqual([125, 1]);
    expect(stderr).toContain("answered 503");
  });

  test("401 is a failure at once, and no secret is printed, not even one that the server repeats", async () => {
    using target = await pushTarget(({ headers }, response) =>
      answer(401, {}, `no: ${headers.authorization}`)({}, response),
    );
    const env = { SE_PUSH_TOKEN: "s3cret-token-of-mine" };
    const { code, stderr, stdout } = await statexec(["--push", target.url, SAMPLE], { env });
    expect([code, target.requests.length]).toEqual([125, 1]);
    expect(target.requests[0]!.headers.authorization).toBe("Bearer s3cret-token-of-mine");
    expect(stderr).toContain("answered 401");
    expect(stderr).toContain("SE_PUSH_TOKEN");
    expect(stderr + stdout).not.toContain("s3cret");
  });

  test("a redirect is reported and not followed", async () => {
    using target = await pushTarget(atFirst(9, answer(302, { location: "http://127.0.0.1:1/else" })));
    const { code, stderr } = await statexec(["--push", target.url, SAMPLE]);
    expect([code, target.requests.length]).toEqual([125, 1]);
    expect(stderr).toContain("name that address instead");
  });

  test("a target that is not running is reported after some tries, with what to do", async () => {
    const gone = await pushTarget();
    gone[Symbol.dispose]();
    const { code, stderr } = await statexec(["--push", gone.url, SAMPLE]);
    expect(code).toBe(125);
    expect(stderr).toMatch(/connection refused \(is it running\?\), tried 7 times/);
  }, 120_000);
});

describe("the user's network", () => {
  test("a proxy gets the requests to other machines, compressed; user and password are sent as Basic", async () => {
    using proxy = await pushTarget();
    const env = {
      http_proxy: proxy.url,
      no_proxy: undefined,
      NO_PROXY: undefined,
      SE_PUSH_USER: "me",
      SE_PUSH_PASSWORD: "pw:1",
    };
    const { code, stderr } = await statexec(["--push", "http://victoria.invalid:8428", SAMPLE], { env });
    expect([code, stderr]).toEqual([
      0,
      "statexec: http://victoria.invalid:8428/api/v1/import/prometheus: SE_PUSH_PASSWORD is sent over plain HTTP, where others on the network can read it; use https://\n",
    ]);
    const [post] = proxy.posts();
    expect(post!.url).toBe("http://victoria.invalid:8428/api/v1/import/prometheus");
    expect(post!.headers["content-encoding"]).toBe("gzip");
    expect(post!.headers.authorization).toBe(`Basic ${btoa("me:pw:1")}`);
    expect(post!.body).toBe(TEXT);
  });

  test("a proxy gets no request to this machine", async () => {
    using target = await pushTarget();
    const env = { http_proxy: "http://127.0.0.1:1", HTTP_PROXY: "http://127.0.0.1:1" };
    const { code } = await statexec(["--push", target.url, SAMPLE], { env });
    expect([code, target.posts().length]).toEqual([0, 1]);
  });
});

describe("what is not sent", () => {
  test("the command's arguments, and comments; a label that looks like them is sent", async () => {
    using folder = tempFolder();
    using target = await pushTarget();
    const file = folder.file("run.prom");
    const words = ["-f", file, "-l", 'note=fact="arguments"', "--", "true", "--password=hunter2"];
    expect((await statexec(words)).code).toBe(0);
    const text = readFileSync(file, "utf8");
    expect(text).toContain("hunter2");
    await Bun.write(file, text.replace("# EOF", "# by hunter2\n# EOF"));
    expect((await statexec(["--push", target.url, file])).code).toBe(0);
    const { body } = target.posts()[0]!;
    expect(body).not.toContain("hunter2");
    expect(body.split("\n")).toHaveLength(text.split("\n").length - 1);
    expect(body).toContain('fact="command",value="true"');
  });

  test("a truncated last line, whose number would be wrong", async () => {
    using folder = tempFolder();
    using target = await pushTarget();
    const file = folder.file("cut.prom");
    await Bun.write(file, TEXT.slice(0, TEXT.lastIndexOf(".") + 1));
    const { code, stderr } = await statexec(["--push", target.url, file]);
    expect(code).toBe(0);
    expect(stderr).toContain("has no # EOF");
    expect(target.posts()[0]!.body).toBe(TEXT.slice(0, TEXT.lastIndexOf("\n", TEXT.lastIndexOf(".")) + 1));
  });

  test("a file that is not a metrics file", async () => {
    using target = await pushTarget();
    const { code, stderr } = await statexec(["--push", target.url, import.meta.path]);
    expect([code, target.requests.length]).toEqual([125, 0]);
    expect(stderr).toContain("faults.test.ts:1: expected a sample of statexec");
  });
});

describe("--push-to", () => {
  test("sends the whole file of the run, and the status is the command's", async () => {
    using folder = tempFolder();
    using target = await pushTarget();
    const file = folder.file("run.prom.gz");
    const { code } = await statexec(["--push-to", target.url, "-f", file, "--", "sh", "-c", "exit 3"]);
    expect(code).toBe(3);
    const { body } = target.posts()[0]!;
    expect(body).toEndWith("# EOF\n");
    expect(new TextDecoder().decode(Bun.gunzipSync(readFileSync(file)))).toContain(body.split("\n").at(-3)!);
  });

  test("a push that fails prints a message, and does not change the status", async () => {
    using folder = tempFolder();
    using target = await pushTarget(atFirst(9, answer(400, {}, "bad")));
    const file = folder.file("run.prom");
    const { code, stderr } = await statexec(["-f", file, "--", "true"], { env: { SE_PUSH_TO: target.url } });
    expect(code).toBe(0);
    expect(stderr).toContain('answered 400, "bad"');
    expect(stderr).toContain(`${file} is written: statexec --push URL ${file} sends it again`);
    expect(readFileSync(file, "utf8")).toEndWith("# EOF\n");
  });

  test("an output that cannot be read back is refused before the start", async () => {
    const { code, stderr, stdout } = await statexec([
      "--push-to",
      "http://127.0.0.1:1",
      "-f",
      "-",
      "--",
      "echo",
      "ran",
    ]);
    expect(code).toBe(125);
    expect(stderr).toContain("--push-to (SE_PUSH_TO): /dev/stdout cannot be read back");
    expect(stdout).toBe("");
  });
});

describe("what a target asks for", () => {
  test("a Retry-After of 0, or of a time that is over, is at least a second", async () => {
    for (const retryAfter of ["0", "Thu, 01 Jan 1970 00:00:00 GMT"]) {
      const times: number[] = [];
      using target = await pushTarget((request, response, place) => {
        if (request.method === "POST") times.push(performance.now());
        return atFirst(1, answer(503, { "retry-after": retryAfter }))(request, response, place);
      });
      expect((await statexec(["--push", target.url, SAMPLE])).code).toBe(0);
      expect(times).toHaveLength(2);
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
    }
  }, 120_000);

  test.skipIf(isMissing("openssl"))("a certificate that is not trusted is a failure at once", async () => {
    using folder = tempFolder();
    const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "c", "-subj", "/CN=x"];
    expect((await runProgram(["openssl", ...words], { cwd: folder.path })).code).toBe(0);
    const [cert, key] = [folder.file("c"), folder.file("k")].map((file) => readFileSync(file, "utf8"));
    const listener = Bun.listen({
      ...{ hostname: "127.0.0.1", port: 0, tls: { cert: cert!, key: key! } },
      socket: { data: () => undefined },
    });
    const { code, stderr } = await statexec(["--push", `https://127.0.0.1:${listener.port}/otlp?token=hush`, SAMPLE]);
    listener.stop(true);
    // Of several tries the message has the number.
    expect(code).toBe(125);
    expect(stderr).toMatch(
      /: its certificate is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\): .* NODE_EXTRA_CA_CERTS\n$/,
    );
    expect(stderr).not.toContain("hush");
  });
});
