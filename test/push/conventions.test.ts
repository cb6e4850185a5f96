import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as stable from "@opentelemetry/semantic-conventions";
import * as all from "@opentelemetry/semantic-conventions/incubating";
import { METRICS, type Metric } from "../../src/catalog/index.ts";
import { OTEL_METRICS, otelSeries, SCHEMA_URL } from "../../src/catalog/otel.ts";
import { ciAttributes } from "../../src/output/push/ci-attributes.ts";

const PACKAGE = join(import.meta.dir, "../../node_modules/@opentelemetry/semantic-conventions");

/** The published names of one kind: `METRIC_…` or `ATTR_…`, and the words of an attribute, `…_VALUE_…`. */
const published = (prefix: string, from: object = all): string[] =>
  Object.entries(from).flatMap(([key, value]) => (key.startsWith(prefix) && typeof value === "string" ? [value] : []));

const METRIC_NAMES = published("METRIC_");
const ATTRIBUTE_NAMES = [...published("ATTR_"), ...published("ATTR_", stable)];

/** The names that the package has for older programs only. */
const DEPRECATED: ReadonlySet<string> = new Set(
  ["experimental_metrics", "experimental_attributes", "stable_attributes"].flatMap((file) =>
    Array.from(
      readFileSync(join(PACKAGE, `dist/${file}.d.cts`), "utf8").matchAll(
        /@deprecated(?:(?!\*\/).)*\*\/\s*(?:export )?declare const \w+: "([^"]+)"/gs,
      ),
      ([, name]) => name!,
    ),
  ),
);

/** The words that an attribute may have; empty: any text. */
function wordsOf(attribute: string): string[] {
  return published(`${attribute.toUpperCase().replaceAll(".", "_")}_VALUE_`);
}

/** Words of ours, which the conventions leave room for. */
const CUSTOM = ["softirq"];

const NAMED = METRICS.filter(({ otel }) => otel !== "none");

/** Values of our labels, each at least once. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  ...{ cpu: ["cpu0", "cpu17", "all"], interface: ["eth0"], disk: ["sda"] },
  mode: [
    ...["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guestNice"],
    ...["read", "write", "discard", "flush", "sent", "received", "major", "minor", "voluntary", "involuntary"],
  ],
};

function seriesOf({ labels }: Metric): Map<string, string>[] {
  let found = [new Map<string, string>()];
  for (const label of labels)
    found = found.flatMap((known) => VALUES[label]!.map((value) => new Map([...known, [label, value]])));
  return found;
}

describe("the catalogue's names by OpenTelemetry", () => {
  test("are of the version that the package has", () => {
    const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
    expect(SCHEMA_URL).toBe(`https://opentelemetry.io/schemas/${version}`);
    expect(DEPRECATED.size).toBeGreaterThan(100);
    expect(DEPRECATED.has("system.device")).toBe(true);
  });

  test("exist there, and are not deprecated; each row of the table is used", () => {
    expect(NAMED.length).toBeGreaterThan(30);
    const used = new Set(NAMED.map(({ otel }) => otel!.split(" ")[0]!));
    for (const name of used) {
      expect(METRIC_NAMES).toContain(name);
      expect([name, DEPRECATED.has(name)]).toEqual([name, false]);
    }
    expect(Object.keys(OTEL_METRICS).sort()).toEqual([...used].sort());
  });

  test("are all experimental there still, and docs/push.md says so", () => {
    const isStable = published("METRIC_", stable);
    expect(Object.keys(OTEL_METRICS).filter((name) => isStable.includes(name))).toEqual([]);
    const docs = readFileSync(join(import.meta.dir, "../../docs/push.md"), "utf8").replace(/\s+/g, " ");
    expect(docs).toContain("All of them are still experimental there");
  });

  test("have attributes that exist there, with words of theirs", () => {
    const seen = new Set<string>();
    for (const metric of NAMED) {
      for (const labels of seriesOf(metric)) {
        for (const [attribute, value] of otelSeries(metric.otel!, labels)?.values ?? []) {
          expect(ATTRIBUTE_NAMES).toContain(attribute);
          expect([attribute, DEPRECATED.has(attribute)]).toEqual([attribute, false]);
          const words = wordsOf(attribute);
          if (words.length > 0) expect([...words, ...CUSTOM]).toContain(String(value));
          seen.add(`${attribute}=${value}`);
        }
      }
    }
    for (const pair of ["cpu.mode=interrupt", "network.io.direction=transmit", "cpu.logical_number=17"])
      expect([...seen]).toContain(pair);
  });

  test.each(NAMED)("$name has the unit and the instrument of $otel", ({ otel, unit, type }) => {
    const {
      unit: ucum,
      instrument,
      divisor,
    } = { divisor: 1, ...OTEL_METRICS[otel!.split(" ")[0] as "system.cpu.time"] };
    const units = { seconds: ["s", 1], bytes: ["By", 1], hertz: ["Hz", 1], percent: ["1", 100] } as const;
    if (unit === undefined) expect(ucum).toMatch(/^\{\w+\}$/);
    else expect([ucum, divisor]).toEqual([...units[unit as keyof typeof units]]);
    expect(instrument === "counter").toBe(type === "counter");
  });

  test("never give two series of ours one name", () => {
    const seen = new Set<string>();
    for (const metric of NAMED) {
      for (const labels of seriesOf(metric)) {
        const named = otelSeries(metric.otel!, labels);
        if (named === undefined) continue;
        const id = JSON.stringify([named.name, ...named.values]);
        expect([id, seen.has(id)]).toEqual([id, false]);
        seen.add(id);
      }
    }
  });

  test("leave what would count twice, or is none of their words, under its own name", () => {
    const named = (otel: Metric["otel"], labels: Record<string, string>) =>
      otelSeries(otel!, new Map(Object.entries(labels)))?.name;
    expect(named("system.cpu.time", { cpu: "cpu0", mode: "guest" })).toBeUndefined();
    expect(named("system.cpu.time", { cpu: "cpu0", mode: "user" })).toBe("system.cpu.time");
    expect(named("system.disk.operations", { disk: "sda", mode: "flush" })).toBeUndefined();
    expect(named("none", {})).toBeUndefined();
  });
});

describe("what a CI says of its job", () => {
  const GITHUB = {
    ...{ GITHUB_ACTIONS: "true", GITHUB_WORKFLOW: "Build and test", GITHUB_RUN_ID: "17", GITHUB_JOB: "linux" },
    ...{ GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "org/tool", GITHUB_REPOSITORY_OWNER: "org" },
    ...{ GITHUB_REF: "refs/pull/7/merge", GITHUB_REF_NAME: "7/merge", GITHUB_HEAD_REF: "feature" },
    ...{ GITHUB_REF_TYPE: "branch", GITHUB_BASE_REF: "main", GITHUB_SHA: "c0ffee", RUNNER_NAME: "r1" },
  };
  const of = (env: Record<string, string>) => Object.fromEntries(ciAttributes(env));

  test("GitHub Actions, a pull request", () => {
    expect(of({ ...GITHUB, GITHUB_TOKEN: "s3cret", ACTIONS_RUNTIME_TOKEN: "s3cret" })).toEqual({
      "cicd.pipeline.name": "Build and test",
      "cicd.pipeline.run.id": "17",
      "cicd.pipeline.run.url.full": "https://github.com/org/tool/actions/runs/17",
      "cicd.pipeline.task.name": "linux",
      "cicd.worker.name": "r1",
      "vcs.owner.name": "org",
      "vcs.repository.name": "tool",
      "vcs.repository.url.full": "https://github.com/org/tool",
      "vcs.ref.head.name": "feature",
      "vcs.ref.head.type": "branch",
      "vcs.ref.head.revision": "c0ffee",
      "vcs.ref.base.name": "main",
      "vcs.change.id": "7",
      "vcs.provider.name": "github",
    });
  });

  test("Gitea sets the variables of GitHub too, and is named", () => {
    expect(of({ ...GITHUB, GITEA_ACTIONS: "true" })["vcs.provider.name"]).toBe("gitea");
  });

  test.each([
    ["GitLab", { GITLAB_CI: "true", CI_PIPELINE_URL: "https://ci:t0ken@lab.example/p/1" }, "https://lab.example/p/1"],
    ["Jenkins", { JENKINS_URL: "http://j", BUILD_URL: "http://j/job/a/3/?token=t0ken" }, "http://j/job/a/3/"],
    ["Azure", { TF_BUILD: "True", BUILD_REPOSITORY_URI: "https://me@dev.example/r" }, "https://dev.example/r"],
    ["Jenkins by SSH", { JENKINS_URL: "http://j", GIT_URL: "git@host:org/tool.git" }, undefined],
    ["Buildkite", { BUILDKITE: "true", BUILDKITE_BUILD_URL: "https://b/1", BUILDKITE_JOB_ID: "j" }, "https://b/1"],
    ["CircleCI", { CIRCLECI: "true", CIRCLE_BUILD_URL: "https://c/9" }, "https://c/9"],
    ["Bitbucket", { BITBUCKET_BUILD_NUMBER: "4", BITBUCKET_GIT_HTTP_ORIGIN: "https://b/o/r" }, "https://b/o/r"],
    ["none", { CI: "true", HOME: "/root" }, undefined],
  ] as const)("%s: a URL has no credentials", (_, env, url) => {
    const found = of(env);
    expect(Object.values(found).find((value) => String(value).includes("://"))).toBe(url as string);
    expect(JSON.stringify(found)).not.toContain("t0ken");
  });

  test("what is not there is left out: no pull request, no tag, no commit yet", () => {
    const env = {
      BUILDKITE: "true",
      BUILDKITE_PULL_REQUEST: "false",
      BUILDKITE_COMMIT: "HEAD",
      BUILDKITE_BRANCH: "main",
    };
    expect(of(env)).toEqual({ "vcs.ref.head.name": "main", "vcs.ref.head.type": "branch" });
    expect(of({ ...env, BUILDKITE_TAG: "v1" })).toEqual({ "vcs.ref.head.name": "v1", "vcs.ref.head.type": "tag" });
  });

  test("every attribute of it and of the resource is one of the conventions", () => {
    const sources = ["ci-attributes", "otlp-streams"].map((file) =>
      readFileSync(join(import.meta.dir, `../../src/output/push/${file}.ts`), "utf8"),
    );
    const quoted = sources.join("").matchAll(/"((?:cicd|vcs|service|host|os|process)\.[\w.]+)"[:,\]]/g);
    const names = new Set(Array.from(quoted, ([, name]) => name!));
    expect(names.size).toBeGreaterThan(22);
    expect([...names]).toContain("service.instance.id");
    for (const name of names) {
      expect(ATTRIBUTE_NAMES).toContain(name);
      expect([name, DEPRECATED.has(name)]).toEqual([name, false]);
    }
    const values = {
      "vcs.provider.name": ["github", "gitlab", "gitea", "bitbucket"],
      "vcs.ref.head.type": ["branch", "tag"],
    };
    for (const [name, words] of Object.entries(values)) for (const word of words) expect(wordsOf(name)).toContain(word);
  });
});
