import { COMMAND, type SeriesKey, series } from "../../catalog/index.ts";
import type { Psi } from "../../proc/psi.ts";
import { ABSENT, type Collector } from "../collector.ts";
import { AppearingColumns, type Column } from "../columns.ts";
import type { GroupFigures } from "./figures.ts";

/**
 * What only a group of its own tells of the command. It brings the figures up to date for those that take theirs from
 * them as well, so that it is sampled before they are.
 */
export class CommandGroupCollector implements Collector {
  readonly name = "command_group";
  private readonly columns: AppearingColumns;
  private started = false;

  constructor(private readonly figures: GroupFigures) {
    this.columns = new AppearingColumns(columnsOf(figures));
  }

  describe(): readonly SeriesKey[] {
    return this.columns.describe();
  }

  sample(row: Float64Array): boolean {
    const { figures } = this;
    figures.update();
    // Until the command starts the group is empty: what it says then is about nothing.
    if (!this.started) row.fill(ABSENT);
    else if (!this.columns.fill(row)) return false;
    figures.check();
    return true;
  }

  commandStarting(): void {
    this.started = true;
  }
}

function columnsOf(figures: GroupFigures): Column[] {
  return [
    { key: series(COMMAND.memoryKernel), value: () => figures.kernelBytes },
    { key: series(COMMAND.memoryPeakWithCache), value: () => figures.peakWithCacheBytes },
    { key: series(COMMAND.throttledSeconds), value: () => figures.throttledSeconds },
    { key: series(COMMAND.throttledPeriods), value: () => figures.throttledPeriods },
    { key: series(COMMAND.oomKills), value: () => figures.oomKills },
    ...pressureColumns("cpu", figures.cpuPressure),
    ...pressureColumns("memory", figures.memoryPressure),
    ...pressureColumns("io", figures.ioPressure),
  ];
}

function pressureColumns(resource: string, pressure: Psi): Column[] {
  return [
    { key: series(COMMAND.pressure, { resource, mode: "some" }), value: () => pressure.someSeconds },
    { key: series(COMMAND.pressure, { resource, mode: "full" }), value: () => pressure.fullSeconds },
  ];
}
