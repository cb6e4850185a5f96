import type { Config } from "../../src/cli/config.ts";
import { parseInvocation } from "../../src/cli/resolve.ts";

/** Returns the Config of a command line: `configFor(["--interval", "2", "make"])`. */
export function configFor(words: readonly string[], env: Record<string, string> = {}): Config {
  const invocation = parseInvocation(words, env);
  if (invocation.mode !== "run") throw new Error(`expected a run, got ${invocation.mode}`);
  return invocation.config;
}
