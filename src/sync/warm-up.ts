import type { Config } from "../cli/config.ts";
import { Axis, type Clock } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import { JournalWriter } from "../journal/journal-writer.ts";
import type { RowSink } from "../recording/recording.ts";
import { Sampler } from "../run/sampler.ts";
import { Session } from "../run/session.ts";

const NOWHERE: RowSink = {
  layout: () => undefined,
  row: () => undefined,
  event: () => undefined,
  fact: () => undefined,
};

/**
 * A sample for nobody, and a run of no command, for a start that shall be quick when it comes: files are opened, and code
 * has run once. The collectors hear of no command; what goes wrong is met again.
 */
export async function warmUp(config: Config, collectors: readonly Collector[], clock: Clock): Promise<void> {
  const report = () => undefined;
  new Sampler(collectors, NOWHERE, clock, new Axis(clock, undefined), report).sample();
  const session = new Session({
    config: { ...config, delayBeforeSeconds: 0, delayAfterSeconds: 0 },
    ...{ collectors: () => [], clock, report, version: "" },
    store: (begin) => {
      const header = { ...begin, pid: process.pid, target: config.file };
      return new JournalWriter({ header, clock, open: neverOpened });
    },
    signals: { attach: report, detach: report, onIdle: undefined },
    start: () => ({ pid: process.pid, ended: Promise.resolve({ kind: "exited", code: 0 }), signal: report }),
  });
  await session.run();
}

/** A journal is made after a second, and this is over before. */
function neverOpened(): number {
  throw new Error("a rehearsal has no journal");
}
