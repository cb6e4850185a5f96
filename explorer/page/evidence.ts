import { COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, type Metric } from "../../src/catalog/index.ts";
import { BUSY_MODES, type Evidence, firstKnown, pressuresBy } from "../../src/recording/diagnosis.ts";
import type { Figures } from "./figures.ts";
import { wallSeconds } from "./verdict.ts";

/** The evidence of a run, by the figures that the page has of it: the same rules then say what the terminal says. */
export function evidenceOfFigures(figures: Figures): Evidence {
  const seconds = wallSeconds(figures);
  const oomKills = figures.growth(COMMAND.oomKills);
  return {
    seconds,
    cpus: figures.cpus(KERNEL.cpusOnline, MACHINE.cpuSeconds),
    quotaCores: figures.high(CONTAINER.cpuLimit),
    ownCores: figures.growth(COMMAND.cpuSeconds) / seconds,
    machineCores: figures.growth(MACHINE.cpuSeconds, { mode: BUSY_MODES }) / seconds,
    throttledSeconds: firstKnown(figures.growth(COMMAND.throttledSeconds), figures.growth(CONTAINER.throttledSeconds)),
    oomKills: firstKnown(oomKills, figures.growth(CONTAINER.oomKills), figures.growth(KERNEL.oomKills)),
    oomKillsAreOwn: !Number.isNaN(oomKills),
    ...pressuresBy((metric, resource) => figures.growth(metric, { resource: [resource], mode: ["some"] }) / seconds),
    swapInBytes: figures.growth(KERNEL.swapIn),
    ...busiestDisk(figures, seconds),
    iowaitCores: figures.growth(MACHINE.cpuSeconds, { mode: ["iowait"] }) / seconds,
    ownDiskBytes: figures.growth(COMMAND.diskRead) + figures.growth(COMMAND.diskWrite),
    networkBytes: transferred(figures, MACHINE.networkSent) + transferred(figures, MACHINE.networkReceived),
    threadsMost: figures.high(COMMAND.threads),
  };
}

function busiestDisk(figures: Figures, seconds: number) {
  let [diskBusy, busiest] = [Number.NaN, ""];
  for (const at of figures.places(DEVICES.diskBusySeconds)) {
    const { disk = "" } = figures.run.series[at]?.labels ?? {};
    const busy = figures.growth(DEVICES.diskBusySeconds, { disk: [disk] }) / seconds;
    if (!(busy <= diskBusy)) [diskBusy, busiest] = [busy, disk];
  }
  return { diskBusy, busiestDisk: busiest };
}

/** Over the interfaces that a sum takes, as the run's facts name them; files of others name none, and all count. */
function transferred(figures: Figures, metric: Metric): number {
  const summed = figures.run.facts.filter(([fact]) => fact === "summed_interface").map(([, value]) => value);
  return figures.growth(metric, summed.length > 0 ? { interface: summed } : {});
}
