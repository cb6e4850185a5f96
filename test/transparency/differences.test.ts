import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { childrenOf, procText, until } from "../helpers/processes.ts";
import { program } from "../helpers/programs.ts";
import { BIN, cleanEnv, runProgram, tempFolder } from "../helpers/statexec.ts";

/** The differences that docs/transparency.md lists: statexec promises none of these. */

/** Runs a script that dumps its world, as world.test.ts does, without and with statexec. Returns what differs. */
async function differences(script: string, prefix = `${BIN} -f run.prom`): Promise<[string[], string[]]> {
  using folder = tempFolder();
  const work = folder.file("work");
  mkdirSync(work);
  const dump = folder.file("dump");
  const command = `${program("dump")} ${dump}`;
  const once = (words: string, kept: string) => `(${script.replace("RUN", words)}\n)\nmv ${dump} ${folder.file(kept)}`;
  await runProgram(["dash", "-c", `${once(command, "bare")}\n${once(`${prefix} ${command}`, "wrapped")}`], {
    cwd: work,
  });
  const [bare, wrapped] = ["bare", "wrapped"].map((kept) => readFileSync(folder.file(kept), "latin1").split("\n"));
  const only = (lines: string[], others: string[]) => lines.filter((line) => !others.includes(line));
  return [only(bare!, wrapped!), only(wrapped!, bare!)];
}

const LAUNCH = program("launch");

/** Returns the signals of a mask such as SigIgn or SigBlk. */
function signals(line: string | undefined): number[] {
  const mask = BigInt(`0x${/([0-9a-f]+)$/.exec(line ?? "")?.[1] ?? "0"}`);
  return Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => (mask >> BigInt(signal - 1)) & 1n);
}

describe("what a command can still see", () => {
  test("signals that the runtime uses are not passed on as ignored", async () => {
    const all = Array.from({ length: 64 }, (_, i) => `-i ${i + 1}`).join(" ");
    const [[bare], [wrapped]] = await differences(`${LAUNCH} ${all} RUN 2>/dev/null`);
    const lost = signals(bare).filter((signal) => !signals(wrapped).includes(signal));
    // ILL TRAP ABRT BUS FPE, SEGV, PIPE, CHLD, XFSZ, PWR, SYS
    expect(lost).toEqual([4, 5, 6, 7, 8, 11, 13, 17, 25, 30, 31]);
  });

  test("SIGPWR, which the runtime uses, is not passed on as blocked", async () => {
    expect(await differences(`${LAUNCH} -b 30 -b 10 RUN`)).toEqual([
      ["SigBlk:\t0000000020000200"],
      ["SigBlk:\t0000000000000200"],
    ]);
  });

  test("a soft limit of files that was set for statexec alone becomes the hard one", async () => {
    const [bare, wrapped] = await differences("prlimit --nofile=512:2048 RUN");
    expect([bare, wrapped]).toEqual([["limit 7 soft 512 hard 2048"], ["limit 7 soft 2048 hard 2048"]]);
  });

  test("it leads no session of its own: statexec does", async () => {
    const [, wrapped] = await differences("setsid -w RUN");
    expect(wrapped).toEqual(["session the parent's group the parent's terminal none"]);
  });

  test("a signal on the parent's death goes to statexec, which passes it on", async () => {
    const [bare] = await differences("setpriv --pdeathsig TERM RUN");
    expect(bare).toHaveLength(1);
    expect(bare[0]).toContain("death 15");
  });
});

test("SIGKILL to statexec leaves the command running, and ends the helper", async () => {
  using folder = tempFolder();
  const words = [BIN, "-f", folder.file("run.prom"), "sh", "-c", "touch started; sleep 100"];
  const child = Bun.spawn(words, { cwd: folder.path, env: cleanEnv(), stdio: ["ignore", "ignore", "inherit"] });
  await until(() => existsSync(folder.file("started")) && childrenOf(child.pid).length === 2);
  const nameOf = (pid: number) => procText(pid, "comm");
  const children = childrenOf(child.pid);
  const [command] = children.filter((pid) => nameOf(pid) === "sh\n");
  const [helper] = children.filter((pid) => nameOf(pid) === "cat\n");
  child.kill("SIGKILL");
  await child.exited;
  await until(() => !/^\d+ \(cat\) [^Z]/.test(procText(helper!, "stat")));
  expect(nameOf(command!)).toBe("sh\n");
  for (const pid of [...childrenOf(command!), command!]) process.kill(pid, "SIGKILL");
});
