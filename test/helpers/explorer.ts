import { BIN, cleanEnv } from "./statexec.ts";

/** A running `statexec --explore`; it is ended at the end of the scope. */
export interface Explorer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Sends a signal; returns the exit status and stderr. */
  end(signal: "SIGINT" | "SIGTERM" | "SIGHUP"): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** Starts `statexec --explore` in a folder, and waits for its address. */
export async function startExplorer(words: readonly string[], cwd: string): Promise<Explorer> {
  const child = Bun.spawn([BIN, "--explore", ...words], { cwd, env: cleanEnv(), stdout: "pipe", stderr: "pipe" });
  const stderr = child.stderr.text();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const url = new TextDecoder().decode(value).trim();
  if (!/^http:\/\/127\.0\.0\.1:\d+\/$/.test(url))
    throw new Error(`expected an address, got ${JSON.stringify(url)}: ${await stderr}`);
  const end = async (signal: "SIGINT" | "SIGTERM" | "SIGHUP") => {
    child.kill(signal);
    await child.exited;
    return { code: child.exitCode, stderr: await stderr };
  };
  return {
    url,
    port: Number(new URL(url).port),
    get: (path, headers = {}) => fetch(url + path, { headers }),
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGTERM");
    },
  };
}
