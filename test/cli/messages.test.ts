import { expect, test } from "bun:test";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { UsageError } from "../../src/errors.ts";

type Row = readonly [argv: readonly string[], env: Record<string, string>, message: string];

function messageOf(argv: readonly string[], env: Record<string, string>): string {
  try {
    parseInvocation(argv, env);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "(no error)";
}

const flag = (line: string, message: string): Row => [line.split(" "), {}, message];
const variable = (name: string, text: string, message: string): Row => [["ls"], { [name]: text }, message];

const SECONDS = "expected a number of seconds, 0 or more, or with a unit (e.g. 2.5, 500ms, 2min)";
const INTERVAL = "expected a number of seconds from 0.01 to 3600, or with a unit (e.g. 0.5, 100ms)";
const GROUP = "expected auto, off or the folder of a control group (e.g. /sys/fs/cgroup/build)";
const PORT = "expected a port from 1 to 65535";
const PUSH =
  '--push-to: got "https://h/x?…", expected http://host:8428 (VictoriaMetrics), http://host:8480/insert/0/prometheus (its cluster), or a URL that ends in /otlp or /v1/metrics (OTLP), or in /opentelemetry (that of VictoriaMetrics)';
const USER = PUSH.replace("https://h/x?…", "https://…@h");
const PEER = "expected host, host:port, [IPv6]:port, http://host:port or https://host:port";
const BOOLEAN = "expected 1, true, yes or on, or 0, false, no or off";
const MS = "expected milliseconds since the epoch (e.g. 1704067200000)";
const READY = "expected tcp:PORT, http://HOST:PORT/PATH or delay:SECONDS";
const ADDRESS = "expected an address of this machine (e.g. 127.0.0.1, ::1, localhost)";
const TOKEN = "expected 1 to 256 letters, digits and signs of ASCII, without spaces";
const DASHES = "If the command begins here, put -- before it";

const ROWS: readonly Row[] = [
  // No command.
  [[], {}, "no command: name it after the options (e.g. statexec -- make -j8), or see statexec --help"],
  flag("-d 1 --", "no command: name it after the options (e.g. statexec -- make -j8), or see statexec --help"),
  // Unknown options.
  flag("--dealy 2 ls", `unknown option "--dealy": did you mean --delay? ${DASHES}`),
  flag("--dealy=2 ls", `unknown option "--dealy=2": did you mean --delay? ${DASHES}`),
  flag("-delay 2 ls", `unknown option "-delay": did you mean --delay? ${DASHES}`),
  flag("--delay-before 2 ls", `unknown option "--delay-before": did you mean --delay-before-command? ${DASHES}`),
  flag("--Sync_Port 2 ls", `unknown option "--Sync_Port": did you mean --sync-port? ${DASHES}`),
  flag("-d2 ls", `unknown option "-d2": did you mean -d "2"? ${DASHES}`),
  flag("-lenv=prod ls", `unknown option "-lenv=prod": did you mean -l "env=prod"? ${DASHES}`),
  flag("-sv ls", `unknown option "-sv": statexec --help all lists the options. ${DASHES}`),
  flag("--bogus ls", `unknown option "--bogus": statexec --help all lists the options. ${DASHES}`),
  flag("--=x ls", `unknown option "--=x": statexec --help all lists the options. ${DASHES}`),
  [["--a\nb", "ls"], {}, `unknown option "--a\\nb": statexec --help all lists the options. ${DASHES}`],
  [
    ["-\u001b\u009b\u2028", "ls"],
    {},
    `unknown option "-\\u001b\\u009b\\u2028": statexec --help all lists the options. ${DASHES}`,
  ],
  // The first wrong word is reported.
  flag("-d make -j8", `--delay (-d): got "make", ${SECONDS}`),
  // Options of another mode, or of none.
  flag("--noise 5 ls", "--noise has no effect without --compare; leave it out"),
  flag("--push http://vm:8428 --noise 5 a.prom", "--noise has no effect without --compare; leave it out"),
  flag("--explore --any-command", "--any-command has no effect without --compare; leave it out"),
  // Two modes, and settings of a run with a mode.
  flag("--explore --compare a.prom b.prom", "--explore and --compare cannot be done at once; give one of them"),
  flag("--recover --push http://vm:8428 a", "--recover and --push cannot be done at once; give one of them"),
  flag("--explore --interval 2 a.prom", "--interval has no effect with --explore, since no command runs; leave it out"),
  flag("--compare a.prom b.prom -f c", "--file (-f) has no effect with --compare, since no command runs; leave it out"),
  // Missing values.
  flag("-f", "--file (-f): the value is missing; expected <file>: write --file run.prom"),
  flag(
    "-f -- ls",
    '--file (-f): the value is missing before "--"; expected <file>: write --file run.prom (--file=… if it begins with a dash)',
  ),
  flag(
    "-d -s ls",
    '--delay (-d): the value is missing before "-s"; expected <seconds>: write --delay 2.5 (--delay=… if it begins with a dash)',
  ),
  flag("--interval", "--interval: the value is missing; expected <seconds>: write --interval 0.5"),
  [
    ["-f", "-i=a\nb", "ls"],
    {},
    '--file (-f): the value is missing before "-i=a\\nb"; expected <file>: write --file run.prom (--file=… if it begins with a dash)',
  ],
  // Seconds.
  flag("-dbc 2d ls", `--delay-before-command (-dbc): got "2d", ${SECONDS}`),
  flag("-d= ls", `--delay (-d): got "", ${SECONDS}`),
  flag("-d -5 ls", `--delay (-d): got "-5", ${SECONDS}`),
  flag("-dac 1e3 ls", `--delay-after-command (-dac): got "1e3", ${SECONDS}`),
  flag("-d 31536001 ls", '--delay (-d): got "31536001", expected at most 31536000 seconds, which are 365 days'),
  variable("SE_DELAY", ".5", `SE_DELAY: got ".5", ${SECONDS}`),
  variable("SE_DELAY_BEFORE_COMMAND", "0x10", `SE_DELAY_BEFORE_COMMAND: got "0x10", ${SECONDS}`),
  variable("SE_DELAY_AFTER_COMMAND", " 1", `SE_DELAY_AFTER_COMMAND: got " 1", ${SECONDS}`),
  flag(
    `-d ${"9".repeat(400)} ls`,
    `--delay (-d): got "${"9".repeat(77)}…", expected at most 31536000 seconds, which are 365 days`,
  ),
  flag("-d x -d 2 ls", `--delay (-d): got "x", ${SECONDS}`),
  flag("--interval 0 ls", `--interval: got "0", ${INTERVAL}`),
  flag("--cgroup yes ls", `--cgroup: got "yes", ${GROUP}`),
  variable("SE_CGROUP", "Auto", `SE_CGROUP: got "Auto", ${GROUP}`),
  flag("--interval= ls", `--interval: got "", ${INTERVAL}`),
  flag("--interval -1 ls", `--interval: got "-1", ${INTERVAL}`),
  variable("SE_INTERVAL", "3600.01", `SE_INTERVAL: got "3600.01", ${INTERVAL}`),
  variable("SE_INTERVAL", "fast", `SE_INTERVAL: got "fast", ${INTERVAL}`),
  // Ports.
  variable("SE_SYNC_PORT", "80800", `SE_SYNC_PORT: got "80800", ${PORT}`),
  flag("-sp 0 ls", `--sync-port (-sp): got "0", ${PORT}`),
  flag("-sp= ls", `--sync-port (-sp): got "", ${PORT}`),
  flag("-sp -1 ls", `--sync-port (-sp): got "-1", ${PORT}`),
  flag("-sp 80.5 ls", `--sync-port (-sp): got "80.5", ${PORT}`),
  flag("-sp http ls", `--sync-port (-sp): got "http", ${PORT}`),
  // Times.
  flag(
    "-mst 1704067200 ls",
    '--metrics-start-time (-mst): got "1704067200", which looks like seconds; expected milliseconds since the epoch (e.g. 1704067200000)',
  ),
  flag("-mst 0 ls", `--metrics-start-time (-mst): got "0", which looks like seconds; ${MS}`),
  flag(
    "-mst 99999999999 ls",
    '--metrics-start-time (-mst): got "99999999999", which looks like seconds; expected milliseconds since the epoch (e.g. 99999999999000)',
  ),
  variable(
    "SE_METRICS_START_TIME",
    "1704067200000000",
    `SE_METRICS_START_TIME: got "1704067200000000", which looks like microseconds; ${MS}`,
  ),
  variable(
    "SE_METRICS_START_TIME",
    "1704067200000000000",
    `SE_METRICS_START_TIME: got "1704067200000000000", which looks like nanoseconds; ${MS}`,
  ),
  flag("-mst now ls", `--metrics-start-time (-mst): got "now", ${MS}`),
  flag("-mst= ls", `--metrics-start-time (-mst): got "", ${MS}`),
  flag("-mst -1704067200000 ls", `--metrics-start-time (-mst): got "-1704067200000", ${MS}`),
  // Booleans.
  flag("--server=maybe ls", `--server (-s): got "maybe", ${BOOLEAN}`),
  flag("-s= ls", `--server (-s): got "", ${BOOLEAN}`),
  flag("-sso=-1 ls", `--sync-start-only (-sso): got "-1", ${BOOLEAN}`),
  flag("--no-record-args=2 ls", `--no-record-args: got "2", ${BOOLEAN}`),
  flag("--help=maybe ls", `--help (-help, -h): got "maybe", ${BOOLEAN}`),
  variable("SE_SERVER", "y", `SE_SERVER: got "y", ${BOOLEAN}`),
  variable("SE_NO_RECORD_ARGS", "10000000000", `SE_NO_RECORD_ARGS: got "10000000000", ${BOOLEAN}`),
  variable("SE_SYNC_START_ONLY", " ", `SE_SYNC_START_ONLY: got " ", ${BOOLEAN}`),
  // Files and instances.
  flag("-f= ls", '--file (-f): got "", expected a file, or - for standard output'),
  [["-f", "a\0b", "ls"], {}, '--file (-f): got "a\\u0000b", expected a file whose name holds no NUL'],
  flag("-i= ls", '--instance (-i): got "", expected some text (leave it out for the default)'),
  variable(
    "SE_INSTANCE",
    "a\rb",
    'SE_INSTANCE: got "a\\rb", expected text without control characters other than line break and tab',
  ),
  // Servers.
  flag("-c= ls", `--connect (-c): got "", ${PEER}`),
  flag("-c https://me:hush@h:8080 ls", `--connect (-c): got "https://…@h:8080", ${PEER}`),
  flag("-c ::1 ls", '--connect (-c): got "::1", expected brackets around IPv6: [::1] or [::1]:8080'),
  flag("-c 8080 ls", `--connect (-c): got "8080", which looks like a port; ${PEER}`),
  flag("-c h:99999 ls", `--connect (-c): got "h:99999", ${PORT} after the colon`),
  flag("-c -1 ls", `--connect (-c): got "-1", ${PEER}`),
  variable("SE_CONNECT", "h:", `SE_CONNECT: got "h:", ${PORT} after the colon`),
  variable("SE_CONNECT", "ftp://h", `SE_CONNECT: got "ftp://h", ${PEER}`),
  // Options of synchronised runs.
  flag("-c h --sync-timeout -1 ls", `--sync-timeout: got "-1", ${SECONDS}`),
  flag("-s --stop-timeout 1x ls", `--stop-timeout: got "1x", ${SECONDS}`),
  flag("-s --sync-grace 0 ls", '--sync-grace: got "0", expected a number of seconds from 1 to 3600 (e.g. 10)'),
  variable("SE_SYNC_CLIENTS", "0", 'SE_SYNC_CLIENTS: got "0", expected a number of clients from 1 to 1000'),
  flag("-s --sync-clients 1001 ls", '--sync-clients: got "1001", expected a number of clients from 1 to 1000'),
  flag("-s --ready 5201 ls", `--ready: got "5201", ${READY}`),
  flag("-s --ready tcp:0 ls", `--ready: got "tcp:0", ${PORT} after the colon`),
  flag("-s --ready tcp:h:80 ls", `--ready: got "tcp:h:80", ${PORT} after the colon`),
  flag("-s --ready delay:soon ls", `--ready: got "delay:soon", ${SECONDS} after the colon`),
  flag("-s --ready http:localhost ls", `--ready: got "http:localhost", ${READY}`),
  flag("-s --ready http:// ls", `--ready: got "http://", ${READY}`),
  variable("SE_READY", "http://a b", `SE_READY: got "http://a b", ${READY}`),
  flag("-s --sync-bind a/b ls", `--sync-bind: got "a/b", ${ADDRESS}`),
  flag("-s --sync-bind= ls", `--sync-bind: got "", ${ADDRESS}`),
  [["-s", "--sync-token", "a b", "ls"], {}, `--sync-token: ${TOKEN}`],
  variable("SE_SYNC_TOKEN", "é", `SE_SYNC_TOKEN: ${TOKEN}`),
  variable("SE_READY", "ftp://me:hush@h/x?token=hush", `SE_READY: got "ftp://…@h/x?…", ${READY}`),
  [
    ["--sync-tokne=hush", "ls"],
    {},
    'unknown option "--sync-tokne=…": did you mean --sync-token? If the command begins here, put -- before it',
  ],
  [
    ["-s", "-c", "http://h:1", "ls"],
    { SE_CONNECT: "http://me:hush@h" },
    '--server and --connect "http://h:1": a run is either server or client; remove one',
  ],
  flag("-c me:hush@h:80 ls", `--connect (-c): got "…@h:80", ${PEER}`),
  flag("--push-to https://h/x?token=hush ls", PUSH),
  flag("--push-to https://me:hu/sh@h ls", USER),
  flag("-s --sync-token-file= ls", '--sync-token-file: got "", expected a file'),
  flag(
    "-s --sync-token hush --sync-token-file f ls",
    "--sync-token and --sync-token-file: a run has one token; remove one",
  ),
  [
    ["-s", "ls"],
    { SE_SYNC_TOKEN: "hush", SE_SYNC_TOKEN_FILE: "f" },
    "SE_SYNC_TOKEN and SE_SYNC_TOKEN_FILE: a run has one token; remove one",
  ],
  // Server and client at once.
  [
    ["--server", "ls"],
    { SE_CONNECT: "10.0.0.7" },
    '--server and SE_CONNECT="10.0.0.7": a run is either server or client; remove one',
  ],
  [
    ["-c", "h", "ls"],
    { SE_SERVER: "yes" },
    'SE_SERVER="yes" and --connect "h": a run is either server or client; remove one',
  ],
  flag("-s=on -c h ls", '--server="on" and --connect "h": a run is either server or client; remove one'),
  // Labels.
  flag("-l env ls", '--label (-l): got "env", expected key=value (e.g. env=prod)'),
  flag("-l =x ls", '--label (-l): got "=x", expected key=value (e.g. env=prod)'),
  flag("-l= ls", '--label (-l): got "", expected key=value (e.g. env=prod)'),
  flag("-l cpu=1 ls", '--label: "cpu" is used by statexec_cpu_seconds; choose another name (e.g. host_cpu)'),
  flag("-l Mode=1 ls", '--label: "mode" is used by statexec_command_cpu_seconds; choose another name (e.g. host_mode)'),
  flag("-l job=1 ls", '--label: "job" is on every series; choose another name (e.g. host_job)'),
  flag(
    "-l instance=1 ls",
    '--label: "instance" is on every series, and set by --instance; choose another name (e.g. host_instance)',
  ),
  variable(
    "SE_LABEL_COMM",
    "1",
    'SE_LABEL_COMM: "comm" is used by statexec_command_comm_cpu_seconds; choose another name (e.g. host_comm)',
  ),
  flag(
    "-l __name__=1 ls",
    '--label: "__name__" begins with __, which is reserved for the readers of metrics; choose another name (e.g. host_name__)',
  ),
  variable(
    "SE_LABEL_5g",
    "1",
    'SE_LABEL_5g: "5g" begins with a digit, which is not allowed; choose another name (e.g. host_5g)',
  ),
  flag("-l env=a -l ENV=b ls", '--label "env=a" and --label "ENV=b": both are the label "env"; remove one'),
  flag("-l env=a -l env= ls", '--label "env=a" and --label "env=": both are the label "env"; remove one'),
  [
    ["ls"],
    { SE_LABEL_A_B: "1", SE_LABEL_a_b: "2" },
    'SE_LABEL_A_B="1" and SE_LABEL_a_b="2": both are the label "a_b"; remove one',
  ],
  [
    ["-l", "a=\ud800", "ls"],
    {},
    '--label (-l): got "a=\\ud800", expected text without control characters other than line break and tab',
  ],
  variable(
    "SE_LABEL_a\nb",
    "\r",
    '"SE_LABEL_a\\nb": got "\\r", expected text without control characters other than line break and tab',
  ),
  variable(
    "SE_LABEL_a",
    "\u001b[1m",
    'SE_LABEL_a: got "\\u001b[1m", expected text without control characters other than line break and tab',
  ),
];

test.each(ROWS)("%j with %j", (argv, env, message) => {
  expect(messageOf(argv, env)).toBe(message);
});

test("a message is one line, in printable characters", () => {
  for (const [, , message] of ROWS) expect(message).not.toMatch(/\p{Cc}|\p{Cs}|\u2028|\u2029/u);
});
