import { describe, expect, test } from "bun:test";
import { Fault } from "../../src/cli/option-values.ts";
import { pushTarget } from "../../src/cli/push-target.ts";
import { parseInvocation } from "../../src/cli/resolve.ts";

describe("a target's URL decides the format", () => {
  const IMPORT = "/api/v1/import/prometheus";
  test.each([
    ["http://vm:8428", "text", `http://vm:8428${IMPORT}`],
    ["http://vm:8428/", "text", `http://vm:8428${IMPORT}`],
    [`http://vm/x${IMPORT}?extra_label=a=b`, "text", `http://vm/x${IMPORT}?extra_label=a=b`],
    ["http://vm:8480/insert/0", "text", `http://vm:8480/insert/0/prometheus${IMPORT}`],
    ["http://vm:8480/insert/1:2/prometheus/", "text", `http://vm:8480/insert/1:2/prometheus${IMPORT}`],
    ["https://otlp-gateway.example/otlp", "otlp", "https://otlp-gateway.example/otlp/v1/metrics"],
    ["http://prometheus:9090/api/v1/otlp", "otlp", "http://prometheus:9090/api/v1/otlp/v1/metrics"],
    ["http://prometheus:9090/api/v1/otlp/v1/metrics", "otlp", "http://prometheus:9090/api/v1/otlp/v1/metrics"],
    ["http://mimir/otlp/v1/metrics#x", "otlp", "http://mimir/otlp/v1/metrics"],
    ["http://vm:8428/opentelemetry", "otlp-protobuf", "http://vm:8428/opentelemetry/v1/metrics"],
    ["http://vm:8428/opentelemetry/v1/metrics?x=1", "otlp-protobuf", "http://vm:8428/opentelemetry/v1/metrics?x=1"],
    ["http://vm/insert/0/opentelemetry/", "otlp-protobuf", "http://vm/insert/0/opentelemetry/v1/metrics"],
    ["http://vm:8428/opentelemetry/api/v1/push", "otlp-protobuf", "http://vm:8428/opentelemetry/v1/metrics"],
  ] as const)("%s", (text, format, url) => {
    expect(pushTarget(text)).toEqual({ format, url });
  });

  test.each([
    ["vm:8428", "expected http://host:8428"],
    ["ftp://vm", "expected http://host:8428"],
    ["http://vm:8428/metrics", "expected http://host:8428"],
    ["http://prometheus/api/v1/write", "does not send by remote write"],
    ["http://vm:8428/opentelemetry/v2", "in /opentelemetry (that of VictoriaMetrics)"],
    ["http://me:pw@vm:8428", "SE_PUSH_PASSWORD"],
  ])("%s is refused", (text, clause) => {
    const fault = pushTarget(text);
    expect(fault instanceof Fault && fault.clause).toContain(clause);
  });
});

describe("secrets", () => {
  const TARGET = ["--push", "http://vm:8428"];
  const read = (env: Record<string, string>) => parseInvocation(TARGET, env);

  test("come from variables, and are never suggested for a misspelt name", () => {
    const invocation = read({ SE_PUSH_USER: "7", SE_PUSH_PASSWORD: "p" });
    expect(invocation).toEqual({
      mode: "push",
      target: {
        ...{ format: "text", url: "http://vm:8428/api/v1/import/prometheus" },
        ...{ names: "statexec", ci: false, secrets: { token: undefined, user: "7", password: "p" } },
      },
      files: ["statexec_metrics.prom"],
    });
    const run = parseInvocation(["ls"], { SE_PUSH_TOKEN: "t", SE_PUSH_TOKN: "t" });
    expect(run.mode === "run" && run.warnings).toEqual([
      "SE_PUSH_TOKN is not a variable of statexec; did you mean SE_PUSH_TO?",
    ]);
  });

  test.each([
    [{ SE_PUSH_TOKEN: "line\n" }, "SE_PUSH_TOKEN: holds a control character"],
    [{ SE_PUSH_TOKEN: "hidden", SE_PUSH_USER: "u" }, "a target asks for one of them"],
    [{ SE_PUSH_PASSWORD: "hidden" }, "set SE_PUSH_USER too"],
    [{ SE_PUSH_USER: "a:b" }, "holds no colon"],
  ])("%p are refused, and not printed", (env, message) => {
    expect(() => read(env)).toThrow(message);
    expect(() => read(env)).not.toThrow("hidden");
  });

  test("a password in a URL is not printed", () => {
    expect(() => parseInvocation(["--push", "http://me:hidden@vm"], {})).toThrow('got "http://…@vm"');
  });
});

describe("names", () => {
  const OTLP = "http://vm:8428/opentelemetry";
  /** How a push is named; `words` come before the command, or after `--push`. */
  const styleOf = (words: readonly string[], env: Record<string, string> = {}) => {
    const invocation = parseInvocation(words, env);
    if (invocation.mode === "push") return [invocation.target.names, invocation.target.ci];
    if (invocation.mode !== "run") throw new Error(invocation.mode);
    return [invocation.config.pushTo?.names, invocation.config.pushTo?.ci, ...invocation.warnings];
  };

  test.each([
    [["--push", OTLP], {}, ["statexec", false]],
    [["--push", OTLP, "--push-names", "otel"], {}, ["otel", false]],
    [["--push", OTLP, "a.prom"], { SE_PUSH_NAMES: "otel", SE_PUSH_CI: "yes" }, ["otel", true]],
    [["--push", OTLP, "--push-names=statexec"], { SE_PUSH_NAMES: "otel" }, ["statexec", false]],
    [["--push-to", OTLP, "--push-names", "otel", "--push-ci", "ls"], {}, ["otel", true]],
    [["ls"], { SE_PUSH_TO: OTLP, SE_PUSH_NAMES: "otel" }, ["otel", false]],
    [["ls"], { SE_PUSH_NAMES: "otel", SE_PUSH_CI: "yes" }, [undefined, undefined]],
  ] as const)("%p with %p", (words, env, style) => {
    expect(styleOf(words, env)).toEqual([...style]);
  });

  test.each([
    [["--push-names", "otel", "ls"], "--push-names has no effect without --push-to or --push"],
    [["--push-to", OTLP, "--push-ci", "ls"], "--push-ci has no effect without --push-names otel"],
  ])("%p has a warning", (words, warning) => {
    expect(styleOf(words)).toContain(warning);
  });

  test.each([
    [["--push", OTLP, "--push-ci"], {}, "--push-ci has no effect without --push-names otel"],
    [["--push", OTLP], { SE_PUSH_NAMES: "OTEL" }, 'SE_PUSH_NAMES: got "OTEL", expected statexec or otel'],
    [["--push", "http://vm:8428", "--push-names", "otel"], {}, "only OTLP can carry these names"],
    [["--push-to", "http://vm:8428", "ls"], { SE_PUSH_NAMES: "otel" }, "of VictoriaMetrics in /opentelemetry"],
  ])("%p with %p is refused", (words, env, message) => {
    expect(() => parseInvocation(words, env)).toThrow(message);
  });
});
