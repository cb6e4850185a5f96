import { expect, test } from "bun:test";
import type { Config } from "../../src/cli/config.ts";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { configFor } from "../helpers/config.ts";

type Env = Record<string, string>;

const DEFAULTS = configFor(["ls"]);

const labels = (record: Record<string, string>) => ({ labels: new Map(Object.entries(record)) });
const common = { port: 8080, startOnly: false, graceSeconds: 10, stopTimeoutSeconds: 30, token: undefined } as const;
const server = { ...common, role: "server", bind: undefined, clients: 1, ready: undefined, tls: undefined } as const;
const client = { ...common, role: "client", host: "h", timeoutSeconds: 30, tls: false } as const;

test("nothing given: a plain run of the command, into the file of the default name", () => {
  expect(DEFAULTS).toMatchObject({
    ...{ command: ["ls"], instance: "ls", labels: new Map(), sync: undefined, pushTo: undefined },
    ...{ file: "statexec_metrics.prom", intervalSeconds: 1, delayBeforeSeconds: 0, delayAfterSeconds: 0 },
    ...{
      collectors: { only: [], without: [], ways: [] },
      noRecordArgs: false,
      noSync: false,
      budgets: [],
      summary: false,
    },
  });
});

const CASES: readonly (readonly [argv: string, env: Env, expected: Partial<Config>])[] = [
  // Every option by flag and by variable.
  ["-f a.prom ls", {}, { file: "a.prom" }],
  ["--file=a=b ls", {}, { file: "a=b" }],
  ["-f - ls", {}, { file: "/dev/stdout" }],
  ["ls", { SE_FILE: "-" }, { file: "/dev/stdout" }],
  ["--instance web ls", { SE_INSTANCE: "db" }, { instance: "web" }],
  ["ls", { SE_INSTANCE: "db" }, { instance: "db" }],
  ["-mst 1704067200000 ls", {}, { metricsStartTimeMs: 1704067200000 }],
  ["ls", { SE_METRICS_START_TIME: "1704067200000.6" }, { metricsStartTimeMs: 1704067200001 }],
  ["--interval 0.01 ls", {}, { intervalSeconds: 0.01 }],
  ["ls", { SE_INTERVAL: "3600" }, { intervalSeconds: 3600 }],
  ["--collectors cpu,disk ls", {}, { collectors: { only: ["cpu", "disk"], without: [], ways: [] } }],
  ["--collectors -disk,cpu=total ls", {}, { collectors: { only: [], without: ["disk"], ways: [["cpu", "total"]] } }],
  ["ls", { SE_COLLECTORS: " tcp , load " }, { collectors: { only: ["tcp", "load"], without: [], ways: [] } }],
  ["--cgroup auto ls", {}, { cgroup: "auto" }],
  ["--cgroup off ls", { SE_CGROUP: "auto" }, {}],
  ["ls", { SE_CGROUP: "/sys/fs/cgroup/build" }, { cgroup: "/sys/fs/cgroup/build" }],
  ["--no-record-args ls", {}, { noRecordArgs: true }],
  ["--no-sync ls", {}, { noSync: true }],
  ["ls", { SE_NO_RECORD_ARGS: "YES" }, { noRecordArgs: true }],
  ["--no-record-args=off ls", { SE_NO_RECORD_ARGS: "1" }, {}],
  // An empty variable is unset; the last occurrence of a flag wins.
  ["ls", { SE_FILE: "", SE_DELAY: "", SE_SERVER: "", SE_LABEL_a: "", SE_CONNECT: "", SE_LABEL_cpu: "" }, {}],
  ["-f a -f b ls", {}, { file: "b" }],
  ["-s -s=no ls", {}, {}],
  // The specific wins over the general of its origin, any flag over any variable.
  ["-d 2 ls", {}, { delayBeforeSeconds: 2, delayAfterSeconds: 2 }],
  ["-dbc 1 -d 2 ls", {}, { delayBeforeSeconds: 1, delayAfterSeconds: 2 }],
  ["-d 2 -dac 0 ls", {}, { delayBeforeSeconds: 2 }],
  [
    "-d=2 ls",
    { SE_DELAY_BEFORE_COMMAND: "5", SE_DELAY_AFTER_COMMAND: "5" },
    { delayBeforeSeconds: 2, delayAfterSeconds: 2 },
  ],
  ["ls", { SE_DELAY: "3", SE_DELAY_AFTER_COMMAND: "0.5" }, { delayBeforeSeconds: 3, delayAfterSeconds: 0.5 }],
  ["-dbc 1 ls", { SE_DELAY: "3" }, { delayBeforeSeconds: 1, delayAfterSeconds: 3 }],
  // A variable is not read where a flag decides in its place.
  ["-d 1 ls", { SE_DELAY: "x" }, { delayBeforeSeconds: 1, delayAfterSeconds: 1 }],
  ["-d 1 ls", { SE_DELAY_BEFORE_COMMAND: "x" }, { delayBeforeSeconds: 1, delayAfterSeconds: 1 }],
  // Labels.
  ["-l a=b -l c=d ls", {}, labels({ a: "b", c: "d" })],
  ["-l url=a=b?c=d ls", { SE_LABEL_URI: "x=y" }, labels({ url: "a=b?c=d", uri: "x=y" })],
  ["-l My-Key.é=1 ls", {}, labels({ my_key__: "1" })],
  ["-l 😀b=1 ls", {}, labels({ _b: "1" })],
  [
    "-l ENV=flag ls",
    { SE_LABEL_env: "variable", SE_LABEL_BENCHMARK: "sample" },
    labels({ env: "flag", benchmark: "sample" }),
  ],
  ["-l a=1 -l A=1 ls", {}, labels({ a: "1" })],
  ["-l env= ls", { SE_LABEL_ENV: "prod" }, {}],
  ["-l env=c ls", { SE_LABEL_ENV: "a", SE_LABEL_env: "b" }, labels({ env: "c" })],
  ["ls", { SE_LABEL_q: 'a "b" \\ c\nd\té✓' }, labels({ q: 'a "b" \\ c\nd\té✓' })],
  // Synchronised runs.
  ["-s iperf3 -s", {}, { command: ["iperf3", "-s"], instance: "iperf3", sync: server }],
  ["ls", { SE_SERVER: "True" }, { sync: server }],
  ["ls", { SE_SERVER: "false" }, {}],
  ["--server=false ls", { SE_SERVER: "1" }, {}],
  ["-c h ls", { SE_SERVER: "false" }, { sync: client }],
  ["--server=0 ls", { SE_SERVER: "1", SE_CONNECT: "h" }, { sync: client }],
  ["-c https://h ls", {}, { sync: { ...client, tls: true } }],
  ["ls", { SE_CONNECT: "HTTPS://h:81/" }, { sync: { ...client, tls: true, port: 81 } }],
  ["-s --sync-tls-cert a --sync-tls-key b ls", {}, { sync: { ...server, tls: { cert: "a", key: "b" } } }],
  ["-s --sync-tls-cert a ls", { SE_SYNC_TLS_KEY: "b" }, { sync: { ...server, tls: { cert: "a", key: "b" } } }],
  ["-s -sp 9000 -sso ls", {}, { sync: { ...server, port: 9000, startOnly: true } }],
  ["-c h ls", { SE_SYNC_PORT: "9000", SE_SYNC_START_ONLY: "on" }, { sync: { ...client, port: 9000, startOnly: true } }],
  ["-c h:81 -sp 9000 ls", {}, { sync: { ...client, port: 81 } }],
  ["-c h:81 ls", { SE_SYNC_PORT: "9000" }, { sync: { ...client, port: 81 } }],
  ["-sp 9000 ls", { SE_CONNECT: "h:81" }, { sync: { ...client, port: 9000 } }],
  ["ls", { SE_CONNECT: "h:81", SE_SYNC_PORT: "9000" }, { sync: { ...client, port: 81 } }],
  ["ls", { SE_SYNC_PORT: "9000", SE_SYNC_START_ONLY: "1" }, {}],
  ["-c h --sync-timeout 5 ls", { SE_SYNC_TIMEOUT: "7" }, { sync: { ...client, timeoutSeconds: 5 } }],
  ["-c h ls", { SE_SYNC_TIMEOUT: "0" }, { sync: { ...client, timeoutSeconds: Number.POSITIVE_INFINITY } }],
  ["-s --sync-clients 5 ls", {}, { sync: { ...server, clients: 5 } }],
  ["-s ls", { SE_SYNC_CLIENTS: "1000" }, { sync: { ...server, clients: 1000 } }],
  ["-s --sync-grace 1 ls", { SE_STOP_TIMEOUT: "0" }, { sync: { ...server, graceSeconds: 1, stopTimeoutSeconds: 0 } }],
  [
    "-c h --stop-timeout 2.5 ls",
    { SE_SYNC_GRACE: "3600" },
    { sync: { ...client, graceSeconds: 3600, stopTimeoutSeconds: 2.5 } },
  ],
  ["-s --sync-bind 127.0.0.1 ls", {}, { sync: { ...server, bind: "127.0.0.1" } }],
  ["-s ls", { SE_SYNC_BIND: "[::1]" }, { sync: { ...server, bind: "::1" } }],
  ["-s --sync-bind ::1 ls", {}, { sync: { ...server, bind: "::1" } }],
  ["-s --ready tcp:5201 ls", {}, { sync: { ...server, ready: { kind: "tcp", port: 5201 } } }],
  ["-s ls", { SE_READY: "delay:1.5" }, { sync: { ...server, ready: { kind: "delay", seconds: 1.5 } } }],
  [
    "-s --ready=http://h:8000/up?a=b ls",
    {},
    { sync: { ...server, ready: { kind: "http", url: "http://h:8000/up?a=b" } } },
  ],
  ["-s --ready http:https://h ls", {}, { sync: { ...server, ready: { kind: "http", url: "https://h" } } }],
  // A token: a flag of either option wins over a variable of the other.
  [
    "-s --sync-token a=b ls",
    { SE_SYNC_TOKEN: "x", SE_SYNC_TOKEN_FILE: "y" },
    { sync: { ...server, token: { secret: "a=b" } } },
  ],
  ["-c h ls", { SE_SYNC_TOKEN: "x" }, { sync: { ...client, token: { secret: "x" } } }],
  ["-c h --sync-token-file f ls", { SE_SYNC_TOKEN: "x" }, { sync: { ...client, token: { file: "f" } } }],
  ["-s ls", { SE_SYNC_TOKEN_FILE: "f" }, { sync: { ...server, token: { file: "f" } } }],
];

test.each(CASES)("%s with %j", (line, env, expected) => {
  expect(configFor(line.split(" "), env)).toStrictEqual({ ...DEFAULTS, ...expected });
});

test("the instance is the command as typed, without what a label cannot hold", () => {
  expect(configFor(["--", "./bin/a b", "x"]).instance).toBe("./bin/a b");
  const { command, instance } = configFor(["a\r\u001b[1mb\ud800"]);
  expect(command).toEqual(["a\r\u001b[1mb\ud800"]);
  expect(instance).toBe("a\ufffd\ufffd[1mb\ufffd");
  expect(configFor([""])).toStrictEqual({ ...DEFAULTS, command: [""], instance: "" });
});

const MODES: readonly (readonly [argv: string, mode: string])[] = [
  ["--help", "help"],
  ["-help", "help"],
  ["-h", "help"],
  ["-v", "version"],
  ["--version --help", "version"],
  ["-h -v", "help"],
  ["-d x --help ls", "help"],
  ["--bogus --help", "help"],
  ["-f --help", "help"],
  ["-f -- ls --help", "error"],
  ["--help ls", "help"],
  ["-s -c h --version", "version"],
  ["--help=maybe -v", "version"],
  ["--help=no ls", "run"],
  ["ls --help", "run"],
  ["-- -h", "run"],
  ["-d 1 df -h", "run"],
];

test.each(MODES)("%s asks for: %s", (line, mode) => {
  const asked = () => parseInvocation(line.split(" "), { SE_DELAY: mode === "run" ? "" : "junk" }).mode;
  if (mode === "error") expect(asked).toThrow("the value is missing");
  else expect(asked()).toBe(mode as ReturnType<typeof asked>);
});

const WARNINGS: readonly (readonly [argv: string, env: Env, warnings: readonly string[]])[] = [
  ["ls", { SE_DELAY: "1", PATH: "/bin", se_dealy: "1" }, []],
  ["ls", { SE_DEALY: "2" }, ["SE_DEALY is not a variable of statexec; did you mean SE_DELAY?"]],
  ["ls", { SE_LABLE_env: "x" }, ["SE_LABLE_env is not a variable of statexec; did you mean SE_LABEL_<key>?"]],
  [
    "ls",
    { SE_LABEL: "a=b", SE_LABEL_: "x" },
    [
      "SE_LABEL is not a variable of statexec; did you mean SE_LABEL_<key>?",
      "SE_LABEL_ is not a variable of statexec; did you mean SE_LABEL_<key>?",
    ],
  ],
  ["ls", { SE_DEALY: "" }, []],
  ["-sp 9000 ls", {}, ["--sync-port (-sp) has no effect without --server or --connect"]],
  ["-sso -sso ls", {}, ["--sync-start-only (-sso) has no effect without --server or --connect"]],
  ["-sso=false ls", { SE_SYNC_PORT: "9000" }, []],
  ["-s -sp 9000 ls", {}, []],
  ["--sync-grace 5 ls", {}, ["--sync-grace has no effect without --server or --connect"]],
  ["--sync-token x ls", { SE_SYNC_CLIENTS: "2" }, ["--sync-token has no effect without --server or --connect"]],
  ["-s --sync-timeout 5 ls", {}, ["--sync-timeout has no effect without --connect"]],
  [
    "-c h --ready tcp:1 --sync-bind ::1 --sync-clients 2 ls",
    {},
    ["--ready", "--sync-bind", "--sync-clients"].map((flag) => `${flag} has no effect without --server`),
  ],
  ["-c h -sso --sync-timeout 5 --stop-timeout 1 ls", { SE_SYNC_BIND: "::1" }, []],
];

test.each(WARNINGS)("%s with %j warns", (line, env, warnings) => {
  const invocation = parseInvocation(line.split(" "), env);
  expect(invocation.mode === "run" && invocation.warnings).toEqual(warnings);
});

test("SE_ names of other programs are left alone", () => {
  const foreign = ["NODE_PORT", "HUB_HOST", "OPTS", "SESSION_TIMEOUT", "VERSION", "START_VNC", "SCREEN_WIDTH", "PROXY"];
  foreign.push("TIMEOUT", "TIME", "HELP", "LANG", "SERVER_PROTOCOL", "SUB_PATH", "EVENT_BUS_HOST", "OFFLINE", "DEBUG");
  const invocation = parseInvocation(["ls"], Object.fromEntries(foreign.map((name) => [`SE_${name}`, "x"])));
  expect(invocation).toStrictEqual({ mode: "run", config: DEFAULTS, flags: [], warnings: [] });
});
