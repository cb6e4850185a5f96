import { OutputError } from "../../src/errors.ts";
import { pageHtml } from "../page/html.ts";
import { openBrowser } from "./browser.ts";
import { filesOf } from "./files.ts";
import { plain, sealed } from "./guard.ts";
import { Library } from "./library.ts";
import { answer } from "./routes.ts";

/** Only this machine: what a run was and did is nobody else's. */
const HOST = "127.0.0.1";

/** A request for points of every series there is needs less. */
const MOST_BODY_BYTES = 2 ** 20;

/** Signals that end the page as they are meant to. */
const ENDS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface ExploreRequest {
  /** Files and folders; none: what is in this folder. */
  readonly paths: readonly string[];
  /** Whether a browser is opened where there is one. */
  readonly open: boolean;
  /** Undefined: any that is free. */
  readonly port: number | undefined;
}

/** Where the mode's words go. */
export interface Voice {
  say(text: string): void;
  warn(text: string): void;
}

/** Shows runs on a page until a signal ends it. Throws UsageError, OutputError before it is there. */
export async function explore({ paths, open, port }: ExploreRequest, { say, warn }: Voice): Promise<void> {
  const files = filesOf(paths);
  const ended = new Promise<void>((resolve) => {
    for (const signal of ENDS) process.on(signal, () => resolve());
  });
  const library = new Library(files);
  const server = serve({ library, html: await pageHtml(), port, warn });
  const url = `http://${HOST}:${server.port}/`;
  say(`${url}\n`);
  if (open) openBrowser(url, process.env);
  await Promise.race([library.ready, ended]);
  for (const { message } of library.runs().problems) warn(message);
  await ended;
  library.close();
  await server.stop(true);
}

interface Serving {
  readonly library: Library;
  readonly html: string;
  readonly port: number | undefined;
  readonly warn: (text: string) => void;
}

function serve({ library, html, port, warn }: Serving): Bun.Server<undefined> {
  try {
    return Bun.serve({
      hostname: HOST,
      port: port ?? 0,
      maxRequestBodySize: MOST_BODY_BYTES,
      development: false,
      // Without development a port would be shared with whoever else asks for it.
      reusePort: false,
      fetch: (request, server) =>
        answer(request, {
          ...{ library, html, port: server.port ?? 0 },
          keep: (kept) => server.timeout(kept, 0),
        }),
      error: (error) => {
        warn(`the page asked for something that failed: ${error.message}`);
        return sealed(plain(500, "This failed; statexec says why where it was started."));
      },
    });
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new OutputError(`--explore-port ${port}: ${error.message}; leave it out to get a port that is free`);
  }
}
