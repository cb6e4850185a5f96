import { Fault, port, seconds } from "./values.ts";

/** When a server's command is ready for its clients. */
export type Readiness =
  /** Something listens on a TCP port of this machine. */
  | { readonly kind: "tcp"; readonly port: number }
  /** A URL answers with a status of 200 to 299. */
  | { readonly kind: "http"; readonly url: string }
  /** So many seconds after its start. */
  | { readonly kind: "delay"; readonly seconds: number };

const FORMS = "expected tcp:PORT, http://HOST:PORT/PATH or delay:SECONDS";

/** `tcp:5201`, `http://localhost:8000/health` (or `http:URL`), `delay:1.5`. */
export function readiness(text: string): Readiness | Fault {
  const [, kind, rest = ""] = /^(tcp|http|https|delay):(.*)$/s.exec(text) ?? [];
  if (kind === "tcp") return made(port(rest), (number) => ({ kind, port: number }));
  if (kind === "delay") return made(seconds(rest), (number) => ({ kind, seconds: number }));
  if (kind === undefined) return new Fault(FORMS);
  const url = rest.startsWith("//") ? text : rest;
  return /^https?:\/\/[^/\s]+(\/\S*)?$/.test(url) && URL.canParse(url) ? { kind: "http", url } : new Fault(FORMS);
}

function made(value: number | Fault, make: (value: number) => Readiness): Readiness | Fault {
  return value instanceof Fault ? new Fault(`${value.clause} after the colon`) : make(value);
}
