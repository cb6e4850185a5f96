import { describe, expect, test } from "bun:test";
import { pageBytes } from "../../src/os/process.ts";
import { PidStat } from "../../src/proc/pid-stat.ts";
import { zombieExit } from "../../src/run/zombie-exit.ts";

/** Starts children that end as said, and waits for none of them until it is told to. */
const LATE = `import os, signal, sys
for word in sys.argv[1:]:
    pid = os.fork()
    if pid == 0:
        if word.startswith("-"): os.kill(os.getpid(), int(word[1:]))
        os._exit(int(word))
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    os.write(1, f"{pid}\\n".encode())
os.write(1, b"0\\n")
sys.stdin.read()
for _ in sys.argv[1:]: os.wait()
`;

/** Returns the pids of children that ended so, by exit status or, below 0, by signal; they are zombies until the scope ends. */
async function zombies(...ends: readonly number[]) {
  const parent = Bun.spawn(["python3", "-c", LATE, ...ends.map(String)], { stdin: "pipe", stdout: "pipe" });
  let said = "";
  for await (const bytes of parent.stdout) {
    said += new TextDecoder().decode(bytes);
    if (said.endsWith("\n0\n") || said === "0\n") break;
  }
  return {
    pids: said.trim().split("\n").map(Number).slice(0, -1),
    async [Symbol.asyncDispose]() {
      parent.stdin.end();
      await parent.exited;
    },
  };
}

describe("how a process ended that nobody has waited for", () => {
  test("is by its status or its signal; 0 only where the process had one thread", async () => {
    await using them = await zombies(0, 7, 255, -9, -15);
    expect(them.pids.map((pid) => zombieExit(pid, 1))).toEqual([
      ...[{ status: 0 }, { status: 7 }, { status: 255 }, { signal: 9 }, { signal: 15 }],
    ]);
    expect(them.pids.map((pid) => zombieExit(pid, 2))).toEqual([
      ...[undefined, { status: 7 }, { status: 255 }, { signal: 9 }, { signal: 15 }],
    ]);
  });

  test("is not known of one that lives, and of none", async () => {
    await using them = await zombies(3);
    const [gone] = them.pids;
    expect(zombieExit(process.pid, 1)).toBeUndefined();
    await them[Symbol.asyncDispose]();
    expect(zombieExit(gone!, 1)).toBeUndefined();
  });

  test("is not known where the kernel is older than the field", () => {
    const stat = new PidStat(pageBytes());
    const words = (count: number) => `7 (a) b) Z ${"9 ".repeat(count - 4)}${256 * 4 + 5}\n`;
    const codeOf = (text: string) => {
      stat.parse(new TextEncoder().encode(text));
      return stat.exitCode();
    };
    expect(codeOf(words(52))).toBe(256 * 4 + 5);
    expect(codeOf(words(51))).toBeNaN();
    expect(codeOf(words(44))).toBeNaN();
    // And one that has more fields.
    expect(codeOf(words(52).replace("\n", " 8 9\n"))).toBe(256 * 4 + 5);
  });
});
