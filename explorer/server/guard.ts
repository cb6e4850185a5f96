/** The names by which a page on this machine may be asked for. Any other is somebody else's, led here by their DNS. */
const HOSTS = ["127.0.0.1", "localhost", "[::1]"] as const;

/** Why a request is not answered; undefined: it may be. */
export function refusal(request: Request, port: number): Response | undefined {
  const { headers, method } = request;
  const host = headers.get("host") ?? "";
  if (!HOSTS.some((name) => host === `${name}:${port}`))
    return plain(403, "This server answers only to its own address.");
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) return plain(403, "Pages of other servers get no answer here.");
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none")
    return plain(403, "Pages of other servers get no answer here.");
  if (method !== "GET" && method !== "HEAD" && method !== "POST") return notAllowed("GET, HEAD, POST");
  return undefined;
}

export function notAllowed(allow: string): Response {
  const response = plain(405, `This is asked for with ${allow}.`);
  response.headers.set("allow", allow);
  return response;
}

/** A short answer in words. */
export function plain(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** What every answer carries: nobody may frame it, guess its type, keep it, or read it from another page. */
export function sealed(response: Response, policy = "default-src 'none'"): Response {
  const headers = {
    "content-security-policy": `${policy}; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
  };
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

/** The policy that a page carries itself, to be said in the header too; one that has none gets the strictest. */
export function policyOf(html: string): string | undefined {
  return /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html)?.[1];
}
