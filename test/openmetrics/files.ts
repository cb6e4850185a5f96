import { ParseError } from "../../src/errors.ts";
import { parseStrictly } from "../helpers/strict-reader.ts";

/** Labels that every series of a small file has. */
export const COMMON = 'instance="make",job="statexec",role="standalone"';
export const FREE = "statexec_memory_free_bytes";
export const SENT = "statexec_network_sent_bytes";
export const sent = (name: string, end: string) => `${SENT}_total{${COMMON},interface="${name}"} ${end}`;

/** A file of these lines and the end. */
export const file = (...lines: string[]) => `${lines.join("\n")}\n# EOF\n`;

export const gauge = (...samples: string[]) => file(`# TYPE ${FREE} gauge`, ...samples);
export const counter = (...samples: string[]) => file(`# TYPE ${SENT} counter`, ...samples);
export const free = (end: string) => `${FREE}{${COMMON}} ${end}`;
export const labelled = (labels: string) => gauge(`${FREE}{${labels}} 1 1.000`);

/** The error that the strict reader throws. */
export function refusal(text: string | Uint8Array): ParseError {
  try {
    parseStrictly(typeof text === "string" ? new TextEncoder().encode(text) : text, "run.prom");
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
  throw new Error("it was taken");
}
