import { OutputError } from "../../src/errors.ts";
import { isTerminal } from "../../src/os/process.ts";
import { pageHtml } from "../page/page-template.ts";
import { answer } from "./routes.ts";
import { findFiles, RunList } from "./run-list.ts";
import { secured, textResponse } from "./security.ts";

/** Only this machine can reach the page: runs are private. */
const HOST = "127.0.0.1";

/** A request for the points of all series is smaller. */
const MOST_BODY_BYTES = 2 ** 20;

/** The signals that end the server with status 0. */
const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface ExploreRequest {
  /** Files and folders; empty: the default files in the current folder. */
  readonly paths: readonly string[];
  /** Whether to open a browser, if there is one. */
  readonly open: boolean;
  /** Undefined: any free port. */
  readonly port: number | undefined;
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
export async function explore({ paths, open, port }: ExploreRequest, { say, warn }: Printer): Promise<void> {
  const files = findFiles(paths);
  const ended = new Promise<void>((resolve) => {
    for (const signal of END_SIGNALS) process.on(signal, () => resolve());
  });
  const runList = new RunList(files);
  const server = serve({ runList, html: await pageHtml(), port, warn });
  const url = `http://${HOST}:${server.port}/`;
  say(`${url}\n`);
  if (open) openBrowser(url, process.env);
  await Promise.race([runList.ready, ended]);
  for (const { message } of runList.runs().problems) warn(message);
  await ended;
  runList.close();
  await server.stop(true);
}

interface ServerParts {
  readonly runList: RunList;
  readonly html: string;
  readonly port: number | undefined;
  readonly warn: (text: string) => void;
}

function serve({ runList, html, port, warn }: ServerParts): Bun.Server<undefined> {
  try {
    return Bun.serve({
      hostname: HOST,
      port: port ?? 0,
      maxRequestBodySize: MOST_BODY_BYTES,
      development: false,
      // Outside of development mode Bun would share the port with other programs that ask for it.
      reusePort: false,
      fetch: (request, server) =>
        answer(request, {
          ...{ runList, html, port: server.port ?? 0 },
          keepOpen: (kept) => server.timeout(kept, 0),
        }),
      error: (error) => {
        warn(`a request of the page failed: ${error.message}`);
        return secured(textResponse(500, "This request failed. The terminal in which statexec was started shows why."));
      },
    });
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const reason = error.code === "EADDRINUSE" ? "the port is taken" : error.message;
    throw new OutputError(`--explore-port ${port}: ${reason}; leave it out to get a port that is free`);
  }
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
