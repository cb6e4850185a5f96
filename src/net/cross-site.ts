import { isLoopback } from "./request-failure.ts";

/** Under which names the server is reached. */
export interface OwnNames {
  /** In lower case: the name of this machine, and that on which the server listens. */
  readonly names: readonly string[];
  readonly scheme: "http" | "https";
}

const IP_ADDRESS = /^(\[[0-9a-f:.]+\]|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)$/i;

/** Headers that browsers send with every request, and that a page can change but not leave out. */
const OF_BROWSERS = ["sec-fetch-site", "origin", "accept-language"] as const;

/**
 * Whether a request comes from a page of another site. A host name that is neither this machine's nor an IP address may be
 * a foreign one that was made to resolve to this machine: then the page's site is that name, its requests are to its own
 * site, and reading needs no Origin. Other clients than browsers may use any name that leads here.
 */
export function isCrossSite(headers: Headers, own: OwnNames): boolean {
  if (!OF_BROWSERS.some((name) => headers.has(name))) return false;
  if (headers.get("sec-fetch-site") === "cross-site") return true;
  const host = headers.get("host")?.toLowerCase() ?? "";
  const origin = headers.get("origin");
  if (origin !== null && origin.toLowerCase() !== `${own.scheme}://${host}`) return true;
  const name = host.replace(/:[0-9]*$/, "").replace(/(?<=[^.])\.$/, "");
  return !IP_ADDRESS.test(name) && name !== "localhost" && !own.names.includes(name);
}

/** Where a server listens that is meant for this machine unless the user says otherwise. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** The names of this machine, in lower case. */
  readonly names: readonly string[];
}

/** The host names of this machine. A request for another name comes from a page whose DNS points here. */
const LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"] as const;

/**
 * Whether a request is for this server. What other machines reach has names that we do not know: browsers may use its
 * addresses and this machine's name, other programs any name.
 */
export function isForListener(headers: Headers, { host: own, port, names }: Listener): boolean {
  const host = headers.get("host") ?? "";
  if (LOOPBACK_HOSTS.some((name) => host === `${name}:${port}`)) return true;
  return !isLoopback(own) && !isCrossSite(headers, { names, scheme: "http" });
}
