/** What a reader left out of a metrics file or changed, kind by kind, so that a person reads one line of each. */
export class ReadingNotes {
  exemplars = 0;
  /** Samples of `_created`, and `st@`. */
  starts = 0;
  blankLines = 0;
  /** Lines of metadata that are repeated or come after the samples of their family. */
  misplacedMetadata = 0;
  /** Points that were not in order of time. */
  latePoints = 0;
  private readonly foreign = new Map<string, string>();

  /** Notes a family with a type that recordings do not have. */
  asGauge(family: string, type: string): void {
    this.foreign.set(family, type);
  }

  /** A line of each kind that occurred. `name`: the file. */
  lines(name: string): string[] {
    const families = [...this.foreign].map(([family, type]) => `${family} (${type})`);
    const all = [
      [families.length, "family", "families", `read as gauges: ${families.join(", ")}`],
      [this.exemplars, "line", "lines", "read without exemplars, which recordings do not have"],
      [this.starts, "start", "starts", "of counters left out (_created or st@), which recordings do not have"],
      [
        this.latePoints,
        "sample",
        "samples",
        "not after the one before: sorted by time; of two at one time the later counts",
      ],
      [this.blankLines, "blank line", "blank lines", "passed over"],
      [
        ...([this.misplacedMetadata, "line", "lines"] as const),
        "of metadata left out: repeated, or after the samples of the family",
      ],
    ] as const;
    return all
      .filter(([count]) => count > 0)
      .map(([count, one, several, what]) => `${name}: ${count} ${count === 1 ? one : several} ${what}`);
  }
}
