/** Where bin/statexec puts the environment that it was called with: hexadecimal, in parts that are named by offset. */
const PART = "_STATEXEC_ENVIRON_";

/** That environment as the kernel had it; undefined: we were not started by bin/statexec. */
export function launcherEnvironment(env: NodeJS.ProcessEnv): Uint8Array | undefined {
  if (env[`${PART}0`] === undefined) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = env[`${PART}0`]; part; part = env[`${PART}${length}`]) {
    const bytes = Uint8Array.fromHex(part.replace(/\s/g, ""));
    parts.push(bytes);
    length += bytes.length;
  }
  return Bun.concatArrayBuffers(parts, length, true);
}

/** An environment's variables as the runtime would have them: of a name that is there twice, the last. */
export function variablesOf(environment: Uint8Array): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const entry of new TextDecoder().decode(environment).split("\0")) {
    const end = entry.indexOf("=");
    if (end > 0) variables[entry.slice(0, end)] = entry.slice(end + 1);
  }
  return variables;
}
