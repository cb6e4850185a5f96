import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { statexec, tempFolder } from "../helpers/statexec.ts";

/* Somebody lowers our own limit of open files while the command runs: the recording does not depend on it. */

test.each([
  ["at once", 'prlimit --nofile=3: --pid "$PPID"; sleep 1.2'],
  ["just before the end", 'sleep 0.4; prlimit --nofile=3: --pid "$PPID"; sleep 0.1'],
  [
    "again and again, among new processes",
    'for i in 1 2 3; do prlimit --nofile=3: --pid "$PPID"; sleep 0.2 & sleep 0.3; done',
  ],
])(
  "the soft limit, %s",
  async (_, script) => {
    using folder = tempFolder();
    const words = ["-q", "--interval", "0.1", "-f", "run.prom", "sh", "-c", script];
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const text = readFileSync(folder.file("run.prom"), "utf8");
    expect(text).toEndWith("# EOF\n");
    expect(text).not.toContain("collector_failed");
  },
  120_000,
);

test("the hard limit where we may not raise it: the status is the command's, or ours with the reason", async () => {
  using folder = tempFolder();
  const script = 'prlimit --nofile=3 --pid "$PPID"; sleep 0.3; exit 7';
  const { code, stderr } = await statexec(["-q", "-f", "run.prom", "sh", "-c", script], { cwd: folder.path });
  expect(code).toBe(7);
  for (const line of stderr.trimEnd().split("\n").filter(Boolean)) expect(line).toStartWith("statexec: ");
}, 120_000);
