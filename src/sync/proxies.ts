/** The names that exempt hosts from a proxy. */
const NAMES = ["NO_PROXY", "no_proxy"] as const;

/** What they were before. */
let before: readonly (string | undefined)[] | undefined;

/**
 * The runtime's requests go to http_proxy even for this machine's own addresses, unless no_proxy is `*`. Unlike other
 * variables, what is set here would reach the command: `withProxies` takes it back for its start.
 */
export function avoidProxies(): void {
  before ??= NAMES.map((name) => process.env[name]);
  for (const name of NAMES) process.env[name] = "*";
}

/** Does something with the environment as it came. */
export function withProxies<T>(action: () => T): T {
  if (!before) return action();
  for (const [i, name] of NAMES.entries()) {
    const value = before[i];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  try {
    return action();
  } finally {
    avoidProxies();
  }
}
