/*
 * What the metrics are called by OpenTelemetry's semantic conventions. The catalogue's column `otel` names the metric; the
 * tables here have what goes with such a name. Only a push loads this file.
 */

/** The version of the conventions that all names here are of. */
export const SCHEMA_URL = "https://opentelemetry.io/schemas/1.45.0";

/** A metric of the conventions, and how ours becomes it. */
export interface OtelMetric {
  readonly instrument: "counter" | "updowncounter" | "gauge";
  /** By UCUM, as the conventions have it. */
  readonly unit: string;
  /** The attribute that each of our labels becomes. A metric without labels has none. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Our value is divided by this; undefined: the units are the same. */
  readonly divisor?: number;
}

const CPU_MODE = { mode: "cpu.mode" } as const;
const DISK = { disk: "system.device.name" } as const;
const DISK_DIRECTION = { ...DISK, mode: "disk.io.direction" } as const;
const INTERFACE = { interface: "network.interface.name" } as const;
const INTERFACE_DIRECTION = { ...INTERFACE, mode: "network.io.direction" } as const;
const FAULT = { mode: "system.paging.fault.type" } as const;

/** Every metric of the conventions that one of ours is. */
export const OTEL_METRICS = {
  "process.cpu.time": { instrument: "counter", unit: "s", attributes: CPU_MODE },
  "process.memory.usage": { instrument: "updowncounter", unit: "By" },
  "process.disk.io": { instrument: "counter", unit: "By" },
  "process.thread.count": { instrument: "updowncounter", unit: "{thread}" },
  "process.unix.file_descriptor.count": { instrument: "updowncounter", unit: "{file_descriptor}" },
  "process.context_switches": {
    ...{ instrument: "counter", unit: "{context_switch}" },
    attributes: { mode: "process.context_switch.type" },
  },
  "process.paging.faults": { instrument: "counter", unit: "{fault}", attributes: FAULT },
  "process.uptime": { instrument: "gauge", unit: "s" },
  "system.cpu.time": {
    ...{ instrument: "counter", unit: "s" },
    attributes: { cpu: "cpu.logical_number", ...CPU_MODE },
  },
  "system.cpu.logical.count": { instrument: "updowncounter", unit: "{cpu}" },
  "system.cpu.frequency": { instrument: "gauge", unit: "Hz", attributes: { cpu: "cpu.logical_number" } },
  "system.memory.usage": { instrument: "updowncounter", unit: "By" },
  "system.memory.limit": { instrument: "updowncounter", unit: "By" },
  "system.memory.utilization": { instrument: "gauge", unit: "1", divisor: 100 },
  "system.memory.linux.available": { instrument: "updowncounter", unit: "By" },
  "system.memory.linux.shared": { instrument: "updowncounter", unit: "By" },
  "system.paging.usage": { instrument: "updowncounter", unit: "By" },
  "system.paging.faults": { instrument: "counter", unit: "{fault}", attributes: FAULT },
  "system.process.created": { instrument: "counter", unit: "{process}" },
  "system.disk.io": { instrument: "counter", unit: "By", attributes: DISK },
  "system.disk.io_time": { instrument: "counter", unit: "s", attributes: DISK },
  "system.disk.operations": { instrument: "counter", unit: "{operation}", attributes: DISK_DIRECTION },
  "system.disk.operation_time": { instrument: "counter", unit: "s", attributes: DISK_DIRECTION },
  "system.network.io": { instrument: "counter", unit: "By", attributes: INTERFACE },
  "system.network.packet.count": {
    ...{ instrument: "counter", unit: "{packet}" },
    // This one names the interface as a device.
    attributes: { interface: "system.device.name", mode: "network.io.direction" },
  },
  "system.network.packet.dropped": { instrument: "counter", unit: "{packet}", attributes: INTERFACE_DIRECTION },
  "system.network.errors": { instrument: "counter", unit: "{error}", attributes: INTERFACE_DIRECTION },
  "container.cpu.time": { instrument: "counter", unit: "s", attributes: CPU_MODE },
  "container.memory.usage": { instrument: "updowncounter", unit: "By" },
  "container.memory.rss": { instrument: "updowncounter", unit: "By" },
} as const satisfies Readonly<Record<string, OtelMetric>>;

type OtelName = keyof typeof OTEL_METRICS;

/**
 * What a metric is by the conventions: a name, or a name and the attribute that ours has by itself, as in
 * `system.disk.io disk.io.direction=read`; `none`: the conventions have none, and it keeps its own name.
 */
export type Otel = "none" | OtelName | `${OtelName} ${string}=${string}`;

/** A series by the conventions. */
export interface OtelSeries extends OtelMetric {
  readonly name: OtelName;
  /** The values of its attributes, by name, in the order of the labels. */
  readonly values: ReadonlyMap<string, string | number>;
}

/** CPUs are numbers, and the sum of all has none. */
const CPU_LABEL = /^cpu(\d+)$/;

/**
 * The values of attributes that are words of the conventions, by ours. A value that is not here is none of theirs: guest
 * time is a part of user time, and would count twice in a sum over modes. The conventions leave room for softirq, which
 * the OpenTelemetry Collector names so.
 */
const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "cpu.mode": {
    ...{ user: "user", system: "system", nice: "nice", idle: "idle", iowait: "iowait", steal: "steal" },
    ...{ irq: "interrupt", softirq: "softirq" },
  },
  "disk.io.direction": { read: "read", write: "write" },
  "network.io.direction": { sent: "transmit", received: "receive" },
  "system.paging.fault.type": { major: "major", minor: "minor" },
  "process.context_switch.type": { voluntary: "voluntary", involuntary: "involuntary" },
};

/** Returns what a series is by the conventions; undefined: it keeps its name. Labels that are not the metric's own are left out. */
export function otelSeries(otel: Otel, labels: ReadonlyMap<string, string>): OtelSeries | undefined {
  if (otel === "none") return undefined;
  const [name, fixed] = otel.split(" ") as [OtelName, string | undefined];
  const metric: OtelMetric = OTEL_METRICS[name];
  const values = new Map<string, string | number>();
  for (const [label, attribute] of Object.entries(metric.attributes ?? {})) {
    const value = attributeValue(attribute, labels.get(label) ?? "");
    if (value === undefined) return undefined;
    if (value !== "") values.set(attribute, value);
  }
  if (fixed !== undefined) values.set(...(fixed.split("=") as [string, string]));
  return { ...metric, name, values };
}

/** Returns the value of an attribute; empty: it is left out; undefined: the conventions have none for it. */
function attributeValue(attribute: string, text: string): string | number | undefined {
  if (attribute === "cpu.logical_number") {
    const [, number] = CPU_LABEL.exec(text) ?? [];
    return number === undefined ? "" : Number(number);
  }
  const words = WORDS[attribute];
  return words === undefined ? text : words[text];
}
