function ip(...words: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["ip", ...words]);
  if (exitCode !== 0) throw new Error(`ip ${words.join(" ")}: ${stderr}`);
}

/** Two hosts (network namespaces) and the cable between them, which are removed when the scope ends. */
export interface Network extends Disposable {
  /** Words before a command that run it on a host. */
  on(host: "a" | "b"): readonly string[];
  /** Pulls the cable at a's end, or plugs it in. */
  cable(state: "up" | "down"): void;
  /** Addresses of host a. */
  readonly v4: string;
  readonly v6: string;
}

let made = 0;

/** Throws where the kernel refuses it. */
export function network(): Network {
  const id = `sx${process.pid.toString(36)}${(made++).toString(36)}`;
  const name = (host: "a" | "b") => `${id}${host}`;
  for (const host of ["a", "b"] as const) ip("netns", "add", name(host));
  ip("link", "add", name("a"), "netns", name("a"), "type", "veth", "peer", "name", name("b"), "netns", name("b"));
  for (const [i, host] of (["a", "b"] as const).entries()) {
    const at = ["-n", name(host)];
    ip(...at, "address", "add", `10.9.9.${i + 1}/24`, "dev", name(host));
    ip(...at, "address", "add", `fd09::${i + 1}/64`, "dev", name(host), "nodad");
    ip(...at, "link", "set", "lo", "up");
    ip(...at, "link", "set", name(host), "up");
  }
  return {
    on: (host) => ["ip", "netns", "exec", name(host)],
    cable: (state) => ip("-n", name("a"), "link", "set", name("a"), state),
    v4: "10.9.9.1",
    v6: "[fd09::1]",
    [Symbol.dispose]: () => {
      for (const host of ["a", "b"] as const) ip("netns", "delete", name(host));
    },
  };
}
