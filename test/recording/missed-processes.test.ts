import { expect, test } from "bun:test";
import { missedProcesses, missedText } from "../../src/recording/missed-processes.ts";

const textOf = (...words: Parameters<typeof missedProcesses>) => {
  const missed = missedProcesses(...words);
  return missed && `${missed.reason}: ${missedText(missed)}`;
};

test.each([
  ["perf", 7, undefined],
  ["perf", undefined, undefined],
  // Nobody else started any either.
  ["proc_sampled_lower_bound", 5, undefined],
  [undefined, 5, undefined],
  [
    "perf_lower_bound",
    1_205,
    "the kernel did not tell of all: at most 1,200 more, threads and other programs' processes included",
  ],
  [
    undefined,
    6,
    "samples do not see what lives between them: at most 1 more, threads and other programs' processes included",
  ],
  // A kernel that counts less than was seen bounds nothing.
  [undefined, 4, "samples do not see what lives between them: how many more there were is not known"],
  [undefined, undefined, "samples do not see what lives between them: how many more there were is not known"],
] as const)("of 5 processes known by %p where the machine started %p: %p", (source, forks, text) => {
  expect(textOf(5, source, forks === undefined ? {} : { forks })).toBe(text);
});

test("nothing that was started is nothing that was counted", () => {
  expect(missedProcesses(0, undefined, { forks: 0 })?.most).toBeUndefined();
});
