import { describe, expect, test } from "bun:test";
import { runLoad } from "../helpers/load-run.ts";
import { cpuSeconds, isWholeCpu, loads, type User } from "../helpers/loads.ts";
import { program } from "../helpers/programs.ts";

const whole = process.env.STATEXEC_TEST_LONG !== undefined;
/** Both are run at once; a machine that others use, too, takes its time. */
const USERS: readonly User[] = process.getuid?.() === 0 ? ["root", "nobody"] : ["root"];
const TIMEOUT_MS = 60_000;

describe.each(loads(whole).filter(({ what }) => !what.startsWith("sleep")))("$what", (load) => {
  test(
    "is told as it was, by root and by anybody",
    async () => {
      const all = await Promise.all(USERS.map((user) => runLoad(load, user)));
      for (const figures of all) {
        if (!figures) continue;
        const { said, truth, run } = figures;
        const isBound = load.within.alone === undefined;
        const most = truth * (1 + (load.within.alone ?? 0.01)) + load.slack;
        expect(said).toBeLessThan(most);
        expect(said).toBeGreaterThan(isBound ? truth / 2 : truth * (1 - load.within.alone!));
        if (isBound) expect([...run.family("accounting").keys()]).toContain("cpu,wait4_lower_bound");
        else expect(isWholeCpu(run)).toBe(true);
      }
    },
    TIMEOUT_MS,
  );
});

test(
  "a command that sleeps beside a busy neighbour is billed nothing of it",
  async () => {
    const load = loads(whole).find(({ what }) => what.startsWith("sleep"))!;
    const neighbour = Bun.spawn([program("load"), "cpu", "2", "60000"], { stdout: "ignore" });
    try {
      const figures = await Promise.all(USERS.map((user) => runLoad(load, user)));
      for (const each of figures) expect(cpuSeconds(each!.run)).toBeLessThan(0.02);
    } finally {
      Bun.spawnSync(["pkill", "-P", String(neighbour.pid)]);
      neighbour.kill("SIGKILL");
      await neighbour.exited;
    }
  },
  TIMEOUT_MS,
);
