import { expect, test } from "bun:test";
import { processArguments, withoutSecretValues } from "../../src/run/process-arguments.ts";

test.each([
  [
    ["curl", "-H", "Authorization: Bearer abc", "http://u:pw@host/a@b"],
    ["curl", "-H", "Authorization: …", "http://u:…@host/a@b"],
  ],
  [
    ["x", "--password", "s3", "--db-password=s3", "DB_PASSWORD=s3"],
    ["x", "--password", "…", "--db-password=…", "DB_PASSWORD=…"],
  ],
  [
    ["x", "--api-key", "--next", "API_KEY=", "apikey=k"],
    ["x", "--api-key", "--next", "API_KEY=…", "apikey=…"],
  ],
  [
    ["x", "-H", "X-Auth-Token: abc\nd", "--token-file", "f"],
    ["x", "-H", "X-Auth-Token: …", "--token-file", "…"],
  ],
  // Words that only look like it.
  [
    ["git", "--author", "me", "token", "ring", "a=b", "--keys=4"],
    ["git", "--author", "me", "token", "ring", "a=b", "--keys=4"],
  ],
])("%j is recorded as %j", (words, recorded) => {
  expect(withoutSecretValues(words)).toEqual(recorded);
});

test("arguments are read of a process that lives, empty ones too, at most 4 KiB; of none that has gone", async () => {
  const child = Bun.spawn(["sh", "-c", "echo; read x", "", "two words", "y".repeat(5000)], {
    stdin: "pipe",
    stdout: "pipe",
  });
  // Between its exec and its start it has none.
  await child.stdout.getReader().read();
  const args = processArguments(child.pid)!;
  expect(args.slice(0, 5)).toEqual(["sh", "-c", "echo; read x", "", "two words"]);
  expect(args.join("").length).toBeLessThan(4100);
  expect(args.at(-1)).toBe("…");
  child.stdin.end();
  await child.exited;
  expect(processArguments(child.pid)).toBeUndefined();
});
