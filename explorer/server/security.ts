import { isForListener, type Listener } from "../../src/net/cross-site.ts";

/** Refuses requests for another host, from another site or with another method; undefined: the request is allowed. */
export function refusal(request: Request, listener: Listener): Response | undefined {
  const { headers, method } = request;
  const host = headers.get("host") ?? "";
  if (!isForListener(headers, listener)) return textResponse(403, "This server answers only to its own address.");
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const isForeign = origin !== null && origin !== `http://${host}`;
  if (isForeign || (site !== null && site !== "same-origin" && site !== "none"))
    return textResponse(403, "This server does not answer pages of other servers.");
  if (method !== "GET" && method !== "HEAD" && method !== "POST") return notAllowed("GET, HEAD, POST");
  return undefined;
}

export function notAllowed(allow: string): Response {
  const response = textResponse(405, `The allowed methods here are: ${allow}.`);
  response.headers.set("allow", allow);
  return response;
}

export function textResponse(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** Sets the headers of every answer: it must not be framed, sniffed, cached, or read by other sites. */
export function secured(response: Response, policy = "default-src 'none'"): Response {
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

/** Returns the policy in a page's meta tag, which its header repeats; undefined: the page has none. */
export function policyOf(html: string): string | undefined {
  return /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html)?.[1];
}
