import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import root from "@opentelemetry/otlp-transformer/build/src/generated/root.js";
import { PushError } from "../../src/errors.ts";
import { pushFile } from "../../src/output/push/push-file.ts";
import { pushTarget } from "../helpers/push-target.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";
import { isMissing, output } from "../helpers/validators.ts";
import { startVictoria, type Victoria } from "../helpers/victoria.ts";

const SAMPLE = join(import.meta.dir, "../../explorer/import/sleep.prom");
const ORIGINAL = join(import.meta.dir, "../fixtures/original/sleep.prom");
const TEXT = readFileSync(SAMPLE, "utf8");
const POINTS = TEXT.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

describe.skipIf(isMissing("victoriaMetrics", "curl"))("VictoriaMetrics", () => {
  let victoria: Victoria;
  beforeAll(async () => {
    victoria = await startVictoria();
  }, 120_000);
  afterAll(() => victoria?.stop());

  test("takes a file repeatedly, plain, gzip and zstd, and has each point once", async () => {
    using folder = tempFolder();
    await Bun.write(folder.file("a.prom.gz"), Bun.gzipSync(Buffer.from(TEXT)));
    await Bun.write(folder.file("a.prom.zst"), Bun.zstdCompressSync(Buffer.from(TEXT)));
    const files = [SAMPLE, folder.file("a.prom.gz"), folder.file("a.prom.zst"), SAMPLE];
    const { code, stdout, stderr } = await statexec(["--push", victoria.url, ...files]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const file of files) expect(stdout).toContain(`${file}: ${POINTS.length} points of `);
    expect(stdout.match(/\(counted there\)/g)).toHaveLength(4);
    const stored = await victoria.export();
    expect(stored.reduce((sum, { times }) => sum + times.length, 0)).toBe(POINTS.length);
  });

  test("counts with the labels that the import adds", async () => {
    const url = `${victoria.url}/api/v1/import/prometheus?extra_label=instance=renamed&extra_label=run=17`;
    const { code, stdout } = await statexec(["--push", url, SAMPLE]);
    expect([code, stdout.includes("(counted there)")]).toEqual([0, true]);
    const renamed = (await victoria.export()).filter(({ labels }) => labels.instance === "renamed");
    expect(renamed.every(({ labels }) => labels.run === "17")).toBe(true);
    expect(renamed.reduce((sum, { times }) => sum + times.length, 0)).toBe(POINTS.length);
  });

  test("takes a file of the original program", async () => {
    using folder = tempFolder();
    const file = folder.file("original.prom");
    await Bun.write(file, readFileSync(ORIGINAL, "utf8").replaceAll('instance="sleep"', 'instance="last year"'));
    const { code, stdout, stderr } = await statexec(["--push", victoria.url, file]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("(counted there)");
  });

  test("without deduplication, duplicate points are reported", async () => {
    const keeping = await startVictoria({ dedup: "0s" });
    try {
      const first = await statexec(["--push", keeping.url, SAMPLE]);
      const again = await statexec(["--push", keeping.url, SAMPLE]);
      expect([first.code, first.stderr, again.code]).toEqual([0, "", 0]);
      expect(again.stderr).toContain(`has ${POINTS.length} points more than the file`);
    } finally {
      await keeping.stop();
    }
  }, 120_000);

  test("points that its retention drops are reported as missing, in spite of its 204", async () => {
    const forgetful = await startVictoria({ retention: "1" });
    try {
      const { code, stderr } = await statexec(["--push", forgetful.url, SAMPLE]);
      expect(code).toBe(125);
      expect(stderr).toContain(`${POINTS.length} of ${POINTS.length} points are not there`);
      expect(stderr).toContain("-retentionPeriod");
    } finally {
      await forgetful.stop();
    }
  }, 120_000);
});

interface Coder {
  fromObject(json: object): object;
  verify(message: object): string | null;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): { resourceMetrics: ResourceMetrics[] };
}
interface ResourceMetrics {
  readonly resource: { attributes: Attribute[] };
  readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
}
type Otlp = { proto: { collector: { metrics: { v1: { ExportMetricsServiceRequest: Coder } } } } };

/** Decodes a request with OpenTelemetry's own package. */
const Request = (root as unknown as { opentelemetry: Otlp }).opentelemetry.proto.collector.metrics.v1
  .ExportMetricsServiceRequest;

describe("OTLP", () => {
  test("has every point, by the protocol's own decoder: names, values, times, labels", async () => {
    using target = await pushTarget();
    const { code, stdout } = await statexec(["--push", `${target.url}/api/v1/otlp`, SAMPLE]);
    expect(code).toBe(0);
    expect(stdout).toContain("(not verified: an OTLP target has nothing to ask)");
    const lines: string[] = [];
    for (const { url, headers, body } of target.posts()) {
      expect([url, headers["content-type"]]).toEqual(["/api/v1/otlp/v1/metrics", "application/json"]);
      const json = JSON.parse(body);
      const message = Request.fromObject(json);
      expect(Request.verify(message)).toBeNull();
      // A field that the decoder does not know would be lost in the round trip.
      const back = Request.toObject(Request.decode(Request.encode(message).finish()), { longs: String, enums: Number });
      expect(back).toEqual(json);
      for (const { resource, scopeMetrics } of back.resourceMetrics)
        for (const metric of scopeMetrics[0]!.metrics) lines.push(...linesOf(metric, resource));
    }
    expect(lines.sort()).toEqual(POINTS.map(normal).sort());
  });

  test("a long file is several requests, of one resource each", async () => {
    using folder = tempFolder();
    using target = await pushTarget();
    const head = 'statexec_load1{instance="a",job="statexec",role="standalone"}';
    const body = Array.from({ length: 9000 }, (_, i) => `${head} ${i} ${1_700_000_000 + i}.000\n`).join("");
    const file = folder.file("long.prom");
    await Bun.write(file, `# TYPE statexec_load1 gauge\n${body}# EOF\n`);
    expect((await statexec(["--push", `${target.url}/v1/metrics`, file])).code).toBe(0);
    const counts = target.posts().map((post) => post.body.match(/timeUnixNano/g)!.length);
    expect(counts).toEqual([4000, 4000, 1000]);
  });

  test("points that a server rejects are a failure", async () => {
    const partial = { partialSuccess: { rejectedDataPoints: "5", errorMessage: "out of order" } };
    using target = await pushTarget((_, response) => {
      response.writeHead(200).end(JSON.stringify(partial));
      return true;
    });
    const pushed = pushFile(
      SAMPLE,
      { format: "otlp", url: `${target.url}/v1/metrics`, secrets: {}, names: "statexec", ci: false },
      new AbortController().signal,
    );
    expect(pushed).rejects.toThrow(PushError);
    expect(pushed).rejects.toThrow('did not take 5 points, "out of order"');
    await pushed.catch(() => undefined);
  });
});

type Attribute = { key: string; value: { stringValue: string } };
type Point = { attributes?: Attribute[]; timeUnixNano: string; asDouble: number };

interface OtlpMetric {
  readonly name: string;
  readonly sum?: { isMonotonic: boolean; aggregationTemporality: number; dataPoints: Point[] };
  readonly gauge?: { dataPoints: Point[] };
}

/** Returns a metric's points as lines of a metrics file, labels sorted. */
function linesOf(metric: OtlpMetric, resource: { attributes: Attribute[] }): string[] {
  if (metric.sum) expect([metric.sum.isMonotonic, metric.sum.aggregationTemporality]).toEqual([true, 2]);
  expect(metric.name.endsWith("_total")).toBe(metric.sum !== undefined);
  const names: Record<string, string> = { "service.name": "job", "service.instance.id": "instance" };
  return (metric.sum ?? metric.gauge!).dataPoints.map(({ attributes = [], timeUnixNano, asDouble }) => {
    const own = attributes.map(({ key, value }) => [key, value.stringValue]);
    const labels = [...own, ...resource.attributes.map(({ key, value }) => [names[key]!, value.stringValue])];
    expect(timeUnixNano).toEndWith("000000");
    const pairs = labels.map(([key, value]) => `${key}=${JSON.stringify(value)}`).sort();
    return `${metric.name}{${pairs.join(",")}} ${asDouble} ${Number(timeUnixNano.slice(0, -6))}`;
  });
}

/** Reads a line of the sample, whose label values contain no escapes and no comma. */
function normal(line: string): string {
  const [, name, labels, value, time] = /^(\w+)\{(.*)\} (\S+) (\S+)$/.exec(line)!;
  return `${name}{${labels!
    .split(/,(?=\w+=")/)
    .sort()
    .join(",")}} ${Number(value)} ${Math.round(Number(time) * 1000)}`;
}

describe.skipIf(isMissing("promtool", "prometheus"))("Prometheus", () => {
  test("answers from the blocks that promtool makes of a file", async () => {
    using folder = tempFolder();
    await output("promtool", ["tsdb", "create-blocks-from", "openmetrics", SAMPLE, folder.file("data")]);
    await Bun.write(folder.file("prometheus.yml"), "scrape_configs: []\n");
    const probe = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const url = `127.0.0.1:${probe.port}`;
    probe.stop(true);
    const options = [`--config.file=${folder.file("prometheus.yml")}`, `--storage.tsdb.path=${folder.file("data")}`];
    const words = ["prometheus", ...options, "--storage.tsdb.retention.time=100y", `--web.listen-address=${url}`];
    const server = Bun.spawn(words, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
    try {
      await ready(`http://${url}/-/ready`, server);
      const query = encodeURIComponent('last_over_time(statexec_command_status{instance="sleep"}[1m])');
      const time = Number(POINTS.at(-1)!.split(" ").at(-1));
      const answer = await fetch(`http://${url}/api/v1/query?query=${query}&time=${time}`);
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      expect(data.result.map(({ value }) => value[1])).toEqual(["2"]);
    } finally {
      server.kill();
      await server.exited;
    }
  }, 120_000);
});

async function ready(url: string, server: Bun.Subprocess): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; await Bun.sleep(20)) {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`);
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
  }
  throw new Error(`${url}: not ready`);
}
