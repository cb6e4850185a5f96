import type { ListenAddress } from "../../src/catalog/choices.ts";
import { OutputError } from "../../src/errors.ts";
import { AWAIT_MS, awaitJournal } from "../../src/load/load-recordings.ts";
import { readText } from "../../src/os/files.ts";
import { isTerminal, RECORDER_VARIABLE, whenAskedToEnd } from "../../src/os/process.ts";
import { pageHtml } from "../page/page-template.ts";
import { answer } from "./routes.ts";
import { type Files, findFiles, RunList } from "./run-list.ts";
import { secured, textResponse } from "./security.ts";

/** Where nothing else is asked for, only this machine can reach the page: runs are private. */
const HOST = "127.0.0.1";

/** A request for the points of all series is smaller. */
const MOST_BODY_BYTES = 2 ** 20;

export interface ExploreRequest {
  /** Files and folders; empty: the default files in the current folder. */
  readonly paths: readonly string[];
  /** Whether to open a browser, if there is one. */
  readonly open: boolean;
  /** Undefined: any free port of this machine. */
  readonly address: ListenAddress | undefined;
}

/** Prints for the mode: `say` on stdout, `warn` on stderr. */
export interface Printer {
  say(text: string): void;
  warn(text: string): void;
}

/**
 * Serves a page with runs until a signal ends it.
 * @throws UsageError where there is nothing to show, OutputError where the port cannot be used
 */
export async function explore({ paths, open, address }: ExploreRequest, { say, warn }: Printer): Promise<void> {
  const isStarted = RECORDER_VARIABLE in process.env;
  const found = findFiles(paths);
  const files = isStarted ? found : await withJournals(found);
  const ended = new Promise<void>((resolve) => {
    whenAskedToEnd(process.env, resolve);
  });
  const runList = new RunList(files);
  const server = serve({ runList, html: await pageHtml(), address, warn });
  const url = `http://${urlHost(address?.host ?? HOST)}:${server.port}/`;
  say(`${url}\n`);
  if (open) openBrowser(url, process.env);
  await Promise.race([runList.ready, ended]);
  for (const { message } of runList.runs().problems) warn(message);
  await ended;
  runList.close();
  await server.stop(true);
}

/** The journals of the recorders that a person names, who would wait in vain for those of other processes. Throws UsageError. */
async function withJournals({ paths, pids, problems }: Files): Promise<Files> {
  const journals = await Promise.all(pids.map((pid) => awaitJournal("--explore", pid, AWAIT_MS)));
  return { paths: [...paths, ...journals], pids: [], problems };
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

interface ServerParts {
  readonly runList: RunList;
  readonly html: string;
  readonly address: ListenAddress | undefined;
  readonly warn: (text: string) => void;
}

function serve({ runList, html, address, warn }: ServerParts): Bun.Server<undefined> {
  const { host, port } = address ?? { host: HOST, port: 0 };
  const names = [readText("/proc/sys/kernel/hostname"), host].map((name) => name.trim().toLowerCase());
  try {
    return Bun.serve({
      hostname: host,
      port,
      maxRequestBodySize: MOST_BODY_BYTES,
      development: false,
      // Outside of development mode Bun would share the port with other programs that ask for it.
      reusePort: false,
      fetch: (request, server) =>
        answer(request, {
          ...{ runList, html, listener: { host: urlHost(host), port: server.port ?? 0, names } },
          keepOpen: (kept) => server.timeout(kept, 0),
        }),
      error: (error) => {
        warn(`a request of the page failed: ${error.message}`);
        return secured(textResponse(500, "This request failed. The terminal in which statexec was started shows why."));
      },
    });
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new OutputError(`${urlHost(host)}:${port}: ${listenFault(String(error.code), error.message)}`);
  }
}

function listenFault(code: string, message: string): string {
  if (code === "EADDRINUSE") return "the port is taken; take another one";
  if (code === "EACCES") return "no permission for this port; take one above 1023";
  return `${message}; expected an address of this machine (see ip address) and a free port`;
}

/** Programs that open an address in the reader's browser. The first one that is installed is used. */
const OPENERS: readonly (readonly string[])[] = [
  ["xdg-open"],
  ["wslview"],
  ["gio", "open"],
  ["sensible-browser"],
  ["x-www-browser"],
];

/**
 * Opens an address in a browser, if stdout is a terminal on a screen. The npm packages for this also start xdg-open on
 * Linux, and bring a copy of it.
 */
export function openBrowser(url: string, env: NodeJS.ProcessEnv): void {
  const hasScreen = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME);
  if (env.CI || !hasScreen || !isTerminal(1)) return;
  for (const [program = "", ...words] of OPENERS) {
    const path = Bun.which(program);
    if (path === null) continue;
    Bun.spawn([path, ...words, url], { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).unref();
    return;
  }
}
