import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import root from "@opentelemetry/otlp-transformer/build/src/generated/root.js";
import { statexec, tempFolder } from "../helpers/statexec.ts";

/** A run of this machine: its facts and series are all that can be recorded here. */
const folder = tempFolder();
const RUN = folder.file("run.prom");

beforeAll(async () => {
  const words = ["-f", RUN, "-i", "build", "--interval", "0.05", "-dbc", "0.1", "-q", "-l", "env=test"];
  expect((await statexec([...words, "--", "sh", "-c", "sleep 0.3; echo"])).code).toBe(0);
});
afterAll(() => folder[Symbol.dispose]());

/** The lines of a file that are sent: all samples but the command's arguments. */
const pointsOf = (file: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#") && !line.includes('fact="arguments"'));

type Any = { stringValue?: string; intValue?: string };
type Attribute = { key: string; value: Any };
interface Point {
  readonly attributes?: readonly Attribute[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asDouble: number;
}
interface OtlpMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: { isMonotonic?: boolean; aggregationTemporality: number; dataPoints: readonly Point[] };
  readonly gauge?: { dataPoints: readonly Point[] };
}
interface Message {
  readonly resourceMetrics: readonly {
    readonly schemaUrl: string;
    readonly resource: { attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly { readonly schemaUrl: string; readonly metrics: readonly OtlpMetric[] }[];
  }[];
}
interface Coder {
  fromObject(json: object): object;
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): Message;
}
type Otlp = { proto: { collector: { metrics: { v1: { ExportMetricsServiceRequest: Coder } } } } };

/** The messages of OpenTelemetry's own package. */
const Request = (root as unknown as { opentelemetry: Otlp }).opentelemetry.proto.collector.metrics.v1
  .ExportMetricsServiceRequest;

/** A server that takes OTLP in both forms, and notes what OpenTelemetry's decoder makes of it. */
async function otlpTarget(answer: Uint8Array = new Uint8Array()) {
  const messages: Message[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const isJson = request.headers["content-type"] === "application/json";
    const message = isJson ? Request.fromObject(JSON.parse(body.toString())) : Request.decode(body);
    messages.push(Request.toObject(message, { longs: String, enums: Number, json: true }));
    response.writeHead(200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, messages, [Symbol.dispose]: close };
}

interface Sent {
  readonly metric: OtlpMetric;
  readonly point: Point;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly resource: Readonly<Record<string, string | number>>;
}

const record = (all: readonly Attribute[] = []) =>
  Object.fromEntries(
    all.map(({ key, value }) => [key, value.intValue === undefined ? value.stringValue! : Number(value.intValue)]),
  );

/** Every point that arrived, in the order in which it was sent. */
function pointsIn(messages: readonly Message[]): Sent[] {
  return messages.flatMap(({ resourceMetrics }) =>
    resourceMetrics.flatMap(({ resource, scopeMetrics, schemaUrl }) => {
      expect([schemaUrl, scopeMetrics[0]!.schemaUrl]).toEqual(Array(2).fill("https://opentelemetry.io/schemas/1.45.0"));
      return scopeMetrics[0]!.metrics.flatMap((metric) =>
        (metric.sum ?? metric.gauge)!.dataPoints.map((point) => ({
          ...{ metric, point, attributes: record(point.attributes), resource: record(resource.attributes) },
        })),
      );
    }),
  );
}

const CI = {
  ...{ GITHUB_ACTIONS: "true", GITHUB_RUN_ID: "17", GITHUB_TOKEN: "s3cret", GITEA_ACTIONS: undefined },
  ...{ GITHUB_SERVER_URL: "https://u:s3cret@github.com", GITHUB_REPOSITORY: "org/tool" },
};

async function pushed(path: string, file: string): Promise<Sent[]> {
  using target = await otlpTarget();
  const words = ["--push", `${target.url}${path}`, "--push-names", "otel", "--push-ci", file];
  const { code, stderr } = await statexec(words, { env: CI });
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.stringify(target.messages)).not.toContain("s3cret");
  return pointsIn(target.messages);
}

/** What a point is, whatever its name: its time and value. */
const amountOf = ({ point, metric }: Sent) => {
  const percent = metric.name === "system.memory.utilization" ? 100 : 1;
  return `${Number(point.timeUnixNano.slice(0, -6))} ${(point.asDouble * percent).toPrecision(14)}`;
};
const amountOfLine = (line: string) => {
  const [, value, time] = / (\S+) (\S+)$/.exec(line)!;
  return `${Math.round(Number(time) * 1000)} ${Number(value).toPrecision(14)}`;
};

test.each(["/v1/metrics", "/opentelemetry"])("by %s every point arrives, with its value and time", async (path) => {
  const sent = await pushed(path, RUN);
  expect(sent.map(amountOf).sort()).toEqual(pointsOf(RUN).map(amountOfLine).sort());
  const ids = new Set<string>();
  for (const { metric, point, attributes } of sent) {
    const id = JSON.stringify([metric.name, attributes, point.timeUnixNano]);
    expect([id, ids.has(id)]).toEqual([id, false]);
    ids.add(id);
  }
});

test("the series of the conventions have their names, units, kinds and attributes; the others their own", async () => {
  const sent = await pushed("/v1/metrics", RUN);
  const of = (name: string) => sent.filter(({ metric }) => metric.name === name);
  const [time] = of("system.cpu.time");
  expect([time!.metric.unit, time!.metric.sum!.isMonotonic]).toEqual(["s", true]);
  expect(new Set(of("system.cpu.time").map(({ attributes }) => attributes["cpu.mode"]))).toEqual(
    new Set(["user", "nice", "system", "idle", "iowait", "interrupt", "softirq", "steal"]),
  );
  expect(of("system.cpu.time").every(({ attributes }) => attributes["cpu.logical_number"] !== undefined)).toBe(true);
  expect(of("statexec_cpu_seconds_total").every(({ attributes }) => /^guest/.test(String(attributes.mode)))).toBe(true);
  const [memory] = of("process.memory.usage");
  expect([memory!.metric.unit, memory!.metric.sum!.isMonotonic ?? false]).toEqual(["By", false]);
  expect(memory!.attributes).toEqual({ role: "standalone", env: "test" });
  expect(of("system.network.io").map(({ attributes }) => attributes["network.io.direction"])).toContain("receive");
  const own = sent.filter(({ metric }) => metric.name.startsWith("statexec_"));
  expect(own.every(({ metric }) => metric.unit === undefined || metric.unit === "")).toBe(true);
  expect(sent.some(({ metric }) => metric.name.startsWith("statexec_command_cpu_seconds"))).toBe(false);
});

test("the command's counters begin with the run, and no start is later than a point", async () => {
  const sent = await pushed("/opentelemetry", RUN);
  const started = Number(/event="command_started".* (\S+) \S+$/m.exec(readFileSync(RUN, "utf8"))![1]);
  const starts = new Set<string | undefined>();
  for (const { metric, point } of sent) {
    const { startTimeUnixNano: start } = point;
    const isCommands = /^process\./.test(metric.name) && metric.sum?.isMonotonic;
    if (isCommands) starts.add(start);
    if (/^(system|container)\./.test(metric.name)) expect(Number(start ?? 0)).toBe(0);
    expect(Number(start ?? 0)).toBeLessThanOrEqual(Number(point.timeUnixNano));
  }
  const first = Math.min(...sent.map(({ point }) => Number(point.timeUnixNano)));
  expect(starts.size).toBe(1);
  const [start] = starts;
  expect(Number(start)).toBeGreaterThanOrEqual(first);
  expect(Number(start) / 1e9).toBeLessThanOrEqual(started);
});

test("the resource has the run's facts, and what the CI says", async () => {
  const [{ resource }] = (await pushed("/v1/metrics", RUN)) as [Sent];
  const fact = (name: string) => new RegExp(`fact="${name}",value="([^"]*)"`).exec(pointsOf(RUN).join("\n"))?.[1];
  expect(resource).toMatchObject({
    ...{ "service.name": "statexec", "service.instance.id": "build", "os.type": "linux" },
    ...{ "service.version": fact("version")!, "host.name": fact("host")!, "os.version": fact("kernel")! },
    ...{ "cicd.pipeline.run.id": "17", "vcs.repository.name": "tool" },
    ...{ "vcs.repository.url.full": "https://github.com/org/tool", "process.command": fact("command")! },
  });
});

test("a file that is not ours has its own facts only, and keeps the names that it has", async () => {
  using target = await otlpTarget();
  const file = folder.file("old.prom");
  await Bun.write(file, readFileSync(join(import.meta.dir, "../fixtures/original/sleep.prom"), "utf8"));
  const { code } = await statexec(["--push", `${target.url}/otlp`, "--push-names", "otel", file]);
  expect(code).toBe(0);
  const sent = pointsIn(target.messages);
  expect(sent.length).toBeGreaterThan(50);
  for (const { resource } of sent) expect(Object.keys(resource)).not.toContain("host.name");
});

test("points that a server rejects in protobuf are a failure", async () => {
  using target = await otlpTarget(Uint8Array.from([10, 12, 8, 5, 18, 8, ...Buffer.from("too old!")]));
  const words = ["--push", `${target.url}/opentelemetry`, RUN];
  const { code, stderr } = await statexec(words);
  expect(code).toBe(125);
  expect(stderr).toContain("did not take some points");
  expect(stderr).toContain("too old!");
});
