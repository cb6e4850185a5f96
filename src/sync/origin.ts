/** Names of this machine that a page may be asked by; an address is one always. */
const LOCAL = new Set(["localhost"]);

const ADDRESS = /^(\[[0-9a-f:.]+\]|[0-9.]+)$/i;

/**
 * Whether a request may come from the page of another site: browsers send these headers, and nobody can forge them
 * there. A name that is neither this machine's own nor an address may be one that somebody has pointed at us.
 */
export function isForeign(headers: Headers, hostName: string): boolean {
  const site = headers.get("sec-fetch-site");
  if (site === "cross-site") return true;
  const origin = headers.get("origin");
  if (origin === null) return false;
  const host = headers.get("host") ?? "";
  if (origin.toLowerCase() !== `http://${host.toLowerCase()}`) return true;
  return !isOwn(host.replace(/:[0-9]*$/, "").toLowerCase(), hostName.toLowerCase());
}

function isOwn(name: string, hostName: string): boolean {
  const first = hostName.split(".", 1)[0];
  return ADDRESS.test(name) || LOCAL.has(name) || name === hostName || name.split(".", 1)[0] === first;
}
