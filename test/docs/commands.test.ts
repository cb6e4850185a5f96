import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { freePort } from "../helpers/sides.ts";
import { isMissing } from "../helpers/validators.ts";
import { callOf, DOCUMENTS, TYPED, type Typed } from "./documents.ts";
import { World } from "./world.ts";

/** Lines that cannot be run here, and why. Those that call statexec are parsed, as all are. */
const OUTSIDE: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\bvmsingle\b|\bhost1\b|iperf3 -s$/, "asks another host, or waits for one"],
  [/^kubectl /, "needs a cluster"],
  [/^npm install && npm (run build|test)/, "is what CI does in a fresh clone, and asks npm's registry"],
  [/^prometheus /, "is a server that stays"],
];

/** Lines whose status is another than 0. */
const STATUSES: readonly (readonly [pattern: RegExp, statuses: readonly number[]])[] = [
  [/exit 3'$/, [3]],
  // How two runs compare is theirs to say.
  [/--compare /, [0, 1]],
  [/--baseline /, [0, 124]],
  [/grep -r ERROR/, [0, 1]],
];

const isOutside = ({ line }: Typed) => OUTSIDE.some(([pattern]) => pattern.test(line));
const INSIDE = TYPED.filter((typed) => !isOutside(typed));
const NEEDS_PROMTOOL = isMissing("promtool");

const worlds = new Map<string, World>();
const results = new Map<Typed, { status: number | null; said: string }>();

/** Types what a document has, line by line, into one world. */
async function typeAll(document: string): Promise<void> {
  const world = new World();
  worlds.set(document, world);
  await world.prepare(DOCUMENTS.get(document)!);
  if (document === "docs/sync.md") await synchronised(world);
  for (const typed of INSIDE.filter((one) => one.document === document)) {
    const serves = / --explore\b/.test(typed.line);
    results.set(typed, await (serves ? world.typeUntilShown(typed.line) : world.type(typed.line)));
  }
}

/** The two files that the text of docs/sync.md looks into, of a server that is stopped as iperf3 is. */
async function synchronised(world: World): Promise<void> {
  const port = freePort();
  const server = world.type(
    `statexec -s -sp ${port} --sync-bind 127.0.0.1 -f server.prom -- bash -c 'trap "exit 1" INT; while :; do sleep 0.05; done'`,
  );
  await world.type(`statexec -c 127.0.0.1:${port} -f client.prom -- sleep 0.5`);
  await server;
}

beforeAll(async () => {
  await Promise.all([...new Set(INSIDE.map(({ document }) => document))].map(typeAll));
}, 240_000);
afterAll(() => {
  for (const world of worlds.values()) world[Symbol.dispose]();
});

const named = (typed: readonly Typed[]) => typed.map((one) => [`${one.document}: ${one.line}`, one] as const);

describe("every line of the documents that needs no other host does what it should", () => {
  test.each(named(INSIDE))("%s", (_, typed) => {
    if (typed.line.startsWith("promtool") && NEEDS_PROMTOOL) return;
    const { status, said } = results.get(typed)!;
    const wanted = STATUSES.find(([pattern]) => pattern.test(typed.line))?.[1] ?? [0];
    expect(wanted, `${said}\nstatus ${status}`).toContain(status!);
    for (const line of typed.answer ?? [])
      if (isCompared(line)) expect(said.replaceAll(UNPROVEN, "").split("\n").map(shape)).toContain(shape(line));
  });
});

/** What others do on a busy machine may be in the command's CPU time. */
const UNPROVEN = "at least ";

/**
 * What comes and goes with the run and its folder's disk, why two runs cannot be compared, and what a line that was too long
 * goes on with.
 */
function isCompared(line: string): boolean {
  return !/^ |^(disk|programs|verdict|time|samples|network|peak memory: |$)/.test(line);
}

/** A line of output without what is another in each run: what stands before its first figure, or between them all. */
function shape(line: string): string {
  if (/^\d+ (worse|better|same)\b/.test(line)) return "N worse, N better, N same";
  const before = /^\D+/.exec(line)?.[0].trim() ?? "";
  return before || line.replaceAll(/\d+(\.\d+)?/g, "N").replace(/by client \S+/, "by client N");
}

test("each reason not to run a line is that of one", () => {
  for (const [pattern] of OUTSIDE)
    expect(TYPED.map(({ line }) => line).join("\n"), `${pattern}`).toMatch(new RegExp(pattern, "m"));
  for (const [pattern] of STATUSES)
    expect(INSIDE.map(({ line }) => line).join("\n"), `${pattern}`).toMatch(new RegExp(pattern, "m"));
});

describe("every statexec line is one that the option parser takes", () => {
  const calls = TYPED.filter(({ line }) => callOf(line) !== undefined);
  expect(calls.length).toBeGreaterThanOrEqual(30);

  test.each(named(calls))("%s", (_, { line }) => {
    const { env, words } = callOf(line)!;
    const invocation = parseInvocation(words, env);
    const mode =
      / --(explore|export|compare|size|recover|report|push|processes-of|history)(?= |$)/.exec(line)?.[1] ?? "run";
    expect<string>(invocation.mode).toBe(mode.replace("-of", "Of"));
    if (invocation.mode === "run") expect(invocation.warnings).toEqual([]);
  });
});
