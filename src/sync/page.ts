import { PATHS } from "./sync-protocol.ts";

/** What the page says. */
export interface PageFacts {
  readonly state: string;
  /** The state for a person. */
  readonly text: string;
  /** What may not be seen without the token is left out. */
  readonly detail: string | undefined;
  readonly asksForToken: boolean;
  /** What a button may do now. */
  readonly action: "start" | "stop" | undefined;
}

/** A page without script, style or picture from anywhere else. */
export function page({ state, text, detail, asksForToken, action }: PageFacts): string {
  const token = asksForToken ? '<label>Token <input name="token" type="password" required></label> ' : "";
  const button = action && `<form method="post" action="${PATHS[action]}">${token}<button>${action}</button></form>`;
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>statexec</title>',
    "<style>body{font:1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}button{font:inherit}</style>",
    `<h1>statexec: ${Bun.escapeHTML(state)}</h1>`,
    `<p>${Bun.escapeHTML(text)}.</p>`,
    detail === undefined ? "" : `<p>${Bun.escapeHTML(detail)}</p>`,
    button ?? "",
    "</html>\n",
  ].join("");
}

/** Sent with it: nothing else is loaded, no other page holds it in a frame, and no cache keeps it. */
export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cache-control": "no-store",
} as const;
