/*
 * The sources of figures, as `statexec_accounting_info` names them, in words for people. JSON has the names.
 */

/** The source of hardware counters where no records of the kernel tell whether a program left them. */
export const UNWATCHED = "perf_unwatched";

const WORDS: Readonly<Record<string, string>> = {
  "": "in an unknown way",
  wait4: "exact",
  proc: "as the kernel counted it",
  perf: "by hardware counters",
  [UNWATCHED]: "by hardware counters, perhaps not all of it",
  proc_sampled: "as samples saw it",
  cgroup1: "by its control group",
  cgroup2: "by its control group",
  cgroup1_sampled: "by its control group, as samples saw it",
  cgroup2_sampled: "by its control group, as samples saw it",
};

/** Returns the source of a figure in words for people; an unknown source as it is. */
export function sourceText(source: string): string {
  if (source.endsWith("_lower_bound")) return "a lower bound";
  return WORDS[source] ?? source.replaceAll("_", " ");
}

/** Returns the sources of some runs in words that tell them from those of other runs. */
export function sourcesText(sources: readonly string[], others: readonly string[]): string {
  const isSaid = (text: string) => others.some((other) => sourceText(other) === text);
  const texts = sources.map((source) => {
    const [, version] = /^cgroup(\d)/.exec(source) ?? [];
    const text = sourceText(source);
    return version !== undefined && isSaid(text) ? `${text} of version ${version}` : text;
  });
  return [...new Set(texts)].join(" and ");
}
