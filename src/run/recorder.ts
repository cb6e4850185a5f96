import type { Fact } from "../catalog/index.ts";
import type { Config } from "../cli/config.ts";
import { Axis } from "../clock.ts";
import { readText, SystemError } from "../os/files.ts";
import type { Identity } from "../recording/recording.ts";
import { shellQuoted } from "../safe-text.ts";
import type { Sampler } from "./sampler.ts";
import type { SessionParts, Store } from "./session-parts.ts";

/** Records one run: the time axis, the store of the rows, and the sampler that fills it. */
export class RunRecorder {
  readonly axis: Axis;
  store!: Store;
  sampler!: Sampler;

  constructor(private readonly parts: SessionParts) {
    this.axis = new Axis(parts.clock, parts.config.metricsStartTimeMs);
  }

  /** Loads and makes store and sampler, unless they exist; `between` is called after each step. Throws. */
  open(between?: () => void): void {
    if (this.sampler) return;
    const { config, clock, report, store, collectors } = this.parts;
    const { startMs, trueStartMs } = this.axis;
    const { Sampler } = require("./sampler.ts") as typeof import("./sampler.ts");
    between?.();
    this.store = store({ identity: identityOf(config), startMs, trueStartMs });
    between?.();
    this.sampler = new Sampler(collectors(), this.store, clock, this.axis, report);
    between?.();
  }

  /** Takes one sample now and returns its stamp. */
  sample(): number {
    try {
      return this.sampler.sample();
    } catch (error) {
      this.parts.report(error);
      return this.axis.now();
    }
  }

  /** Samples at each multiple of the interval, from the next one on. */
  startTicks(): void {
    this.sampler.start(this.parts.config.intervalSeconds * 1000);
  }

  event(atMs: number, event: string, text: string): void {
    this.store.event({ atMs, event, text });
  }

  /** Records what is known besides the samples. Called when the command has been started, since it can wait. */
  recordFacts(): void {
    const { config, version } = this.parts;
    for (const fact of runFacts(config, version, this.axis.trueStartMs)) this.store.fact(fact);
    this.sampler.recordFacts();
  }

  /** Runs `action` and reports what it throws. */
  guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.parts.report(error);
    }
  }
}

function identityOf(config: Config): Identity {
  return { instance: config.instance, role: config.sync?.role ?? "standalone", labels: config.labels };
}

/** Returns the facts of a run: no values of the environment, and no arguments where they are not wanted. */
function runFacts(config: Config, version: string, trueStartMs: number): Fact[] {
  const [name = "", ...args] = config.command;
  const facts: (readonly [fact: string, value: string | undefined])[] = [
    ["version", version],
    ["runtime", `bun ${Bun.version}`],
    ["kernel", kernelText("osrelease")],
    ["machine", process.arch],
    ["host", kernelText("hostname")],
    ["started_at", new Date(trueStartMs).toISOString()],
    ["interval_seconds", String(config.intervalSeconds)],
    ["command", name],
    ["arguments", config.noRecordArgs ? undefined : args.map(shellQuoted).join(" ")],
  ];
  return facts.filter((fact): fact is Fact => fact[1] !== undefined && fact[1] !== "");
}

/** Returns a file of /proc/sys/kernel, proc_sys_kernel(5); undefined: absent or hidden from us. */
function kernelText(name: string): string | undefined {
  try {
    return readText(`/proc/sys/kernel/${name}`);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
