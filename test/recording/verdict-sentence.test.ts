import { describe, expect, test } from "bun:test";
import type { Diagnosis } from "../../src/recording/diagnosis.ts";
import { secondSentence, verdictSentence } from "../../src/recording/verdict-sentence.ts";

const EVIDENCE = "0.50 of 4 cores busy with it";

describe("the verdict as a sentence", () => {
  test.each<[Partial<Diagnosis>, string]>([
    [{ limitedBy: "cpu", text: "CPU, all cores", share: 0.95 }, "It kept all its CPUs busy: "],
    [{ limitedBy: "cpu", text: "CPU", share: 1 }, "It kept its CPU busy: "],
    [
      { limitedBy: "cpu_one_thread", text: "CPU, one thread", share: 0.47 },
      "It computed in one thread 47 % of the time: ",
    ],
    [{ limitedBy: "cpu_one_thread", text: "CPU", share: 0.84 }, "It computed in one thread 84 % of the time: "],
    [{ limitedBy: "cpu_part", text: "CPU, some cores", share: 1 }, "It kept some of its CPUs busy: "],
    [
      { limitedBy: "cpu_quota", text: "its CPU quota of 0.50 cores", share: 1 },
      "Its CPU quota of 0.50 cores slowed it down: ",
    ],
    [
      { limitedBy: "cpu_starved", text: "starved of CPU", share: 0.6 },
      "Others took the CPU from it 60 % of the time: ",
    ],
    [{ limitedBy: "cpu_others", text: "CPU, which others used", share: 1 }, "Others took the CPU from it: "],
    [{ limitedBy: "memory", text: "memory", share: 0.3 }, "It was short of memory 30 % of the time: "],
    [{ limitedBy: "memory", text: "memory", isKill: true }, "Out of memory: "],
    [{ limitedBy: "memory", text: "memory" }, "Perhaps it ran out of memory: "],
    [{ limitedBy: "disk", text: "disk", share: 0.5 }, "It waited for the disk 50 % of the time: "],
    [{ limitedBy: "waiting", text: "waiting on something else" }, "It waited, but not for CPU, memory or disk: "],
    [
      { limitedBy: "waiting", text: "waiting, perhaps for CPU that others used" },
      "It waited, perhaps for the CPU that others used: ",
    ],
    [{ limitedBy: "unclear", text: "unclear", share: 0.7 }, "It is unclear what held it back: "],
  ])("%j", (diagnosis, start) => {
    expect(verdictSentence([{ evidence: EVIDENCE, ...diagnosis } as Diagnosis])).toBe(`${start}${EVIDENCE}.`);
  });

  test("is followed by what comes second, and there is none where nothing was found", () => {
    const disk: Diagnosis = { limitedBy: "disk", text: "disk", evidence: "sda", share: 0.28 };
    expect(secondSentence([disk, disk])).toBe("It waited for the disk 28 % of the time.");
    expect(secondSentence([disk])).toBeUndefined();
    expect(verdictSentence([])).toBeUndefined();
  });
});
