import {
  type CollectorChoice,
  type ListenAddress,
  PROCESS_CHOICES,
  type ProcessChoice,
  REMEMBERED_UNITS,
  type RememberedName,
} from "../catalog/choices.ts";
import { isWritable } from "../catalog/label-value.ts";
import { safeLine } from "../safe-text.ts";
import { durationSeconds } from "./measures.ts";

/** Why a text is not a value, as the rest of a message that begins with `got "2s", `. */
export class Fault {
  constructor(readonly clause: string) {}
}

/** Reads the text of a value. */
export type Parse<T> = (text: string) => T | Fault;

/** The server that a client connects to. Without a port, `--sync-port` decides. */
export interface Peer {
  /** As a URL has it: an IPv6 address in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** Whether it is reached by HTTPS. */
  readonly tls: boolean;
}

/** Refuses a delay of a day in milliseconds, but no delay that a user can mean. */
const MAX_DELAY_SECONDS = 365 * 24 * 3600;

/** Below this, milliseconds since the epoch are before March 1973: the number is in seconds by mistake. */
const MIN_TIMESTAMP_MS = 1e11;
/** From here on (the year 5138) it is in microseconds or nanoseconds: `date +%s%N` is easily typed for `date +%s%3N`. */
const END_TIMESTAMP_MS = 1e14;

const PEER_FORMS = "expected host, host:port, [IPv6]:port, http://host:port or https://host:port";

/** A delay in seconds. */
export function seconds(text: string): number | Fault {
  const value = durationSeconds(text);
  if (value === undefined)
    return new Fault("expected a number of seconds, 0 or more, or with a unit (e.g. 2.5, 500ms, 2min)");
  if (value > MAX_DELAY_SECONDS) return new Fault(`expected at most ${MAX_DELAY_SECONDS} seconds, which are 365 days`);
  return value;
}

/** How long to wait for a peer; 0 is without end. */
export function waitSeconds(text: string): number | Fault {
  const value = seconds(text);
  return value instanceof Fault || value > 0 ? value : Number.POSITIVE_INFINITY;
}

/** How long a peer may be silent: in less than a second it could not send two heartbeats. */
export function grace(text: string): number | Fault {
  const value = durationSeconds(text);
  if (value === undefined || value < 1 || value > 3600)
    return new Fault("expected a number of seconds from 1 to 3600 (e.g. 10)");
  return value;
}

/** Each client holds a connection, and the number of descriptors is limited. */
const MOST_CLIENTS = 1000;

export function clientCount(text: string): number | Fault {
  const value = /^[0-9]+$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= MOST_CLIENTS
    ? value
    : new Fault(`expected a number of clients from 1 to ${MOST_CLIENTS}`);
}

/** More runs than anybody waits for: the number is a mistake. */
const MOST_RUNS = 10_000;

/** A number of runs. */
export function count(least: number): Parse<number> {
  return (text) => {
    const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= MOST_RUNS ? value : new Fault(`expected a number from ${least} to ${MOST_RUNS}`);
  };
}

/** A command line for a shell. */
export function shellCommand(text: string): string | Fault {
  return text === "" || text.includes("\0") ? new Fault("expected a command line for /bin/sh") : text;
}

/** A parameter of a command line, and the values that it has in turn. */
export interface Parameter {
  readonly name: string;
  readonly values: readonly string[];
}

/** Reads `threads=1,2,4`; `off` is none, so that a flag can win over a variable. */
export function parameter(text: string): readonly Parameter[] | Fault {
  if (text === "off") return [];
  const [, name = "", list = ""] = /^([A-Za-z_][\w-]*)=(.+)$/s.exec(text) ?? [];
  const values = list.split(",");
  if (text.includes("\0") || values.includes(""))
    return new Fault("expected a name and its values, with commas between them (e.g. threads=1,2,4)");
  if (new Set(values).size < values.length) return new Fault("expected each value once");
  return [{ name, values }];
}

/** Where the standard output of a command goes. */
export type OutputPlace = "inherit" | "null" | "pipe" | { readonly path: string };

export function outputPlace(text: string): OutputPlace | Fault {
  if (text === "inherit" || text === "null" || text === "pipe") return text;
  return text === "" || text.includes("\0") ? new Fault("expected inherit, null, pipe or a file") : { path: text };
}

/** Which processes are recorded each. */
export function processChoice(text: string): ProcessChoice | Fault {
  return PROCESS_CHOICES.find((name) => name === text) ?? new Fault(`expected one of ${PROCESS_CHOICES.join(", ")}`);
}

/** A secret that an HTTP header can hold as it is. */
export function token(text: string): string | Fault {
  return /^[\x21-\x7e]{1,256}$/.test(text)
    ? text
    : new Fault("expected 1 to 256 letters, digits and signs of ASCII, without spaces");
}

/** Seconds between samples. */
export function interval(text: string): number | Fault {
  const value = durationSeconds(text);
  if (value === undefined || value < 0.01 || value > 3600)
    return new Fault("expected a number of seconds from 0.01 to 3600, or with a unit (e.g. 0.5, 100ms)");
  return value;
}

/** A point in time: a date, or how long before now, which a run does not need to the second. */
export type SinceTime = { readonly atMs: number } | { readonly agoMs: number };

const DAY_MS = 24 * 3600 * 1000;

export function sinceTime(text: string): SinceTime | Fault {
  const days = /^([0-9]+(?:\.[0-9]+)?)d$/.exec(text)?.[1];
  const agoMs = days === undefined ? durationMs(text) : Number(days) * DAY_MS;
  if (agoMs !== undefined && Number.isFinite(agoMs)) return { agoMs };
  // Without a zone, Date would take a date as UTC and a time as local.
  const zoned = /[zZ]$|[+-][0-9]{2}:?[0-9]{2}$/.test(text) ? text : `${text}Z`;
  const isDate = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+)?(?:[zZ]|[+-][0-9]{2}:?[0-9]{2})?$/.test(text);
  const atMs = isDate ? Date.parse(text.includes("T") ? zoned : text) : Number.NaN;
  return Number.isNaN(atMs)
    ? new Fault("expected a date (2026-11-01, 2026-11-01T12:00) or how long ago (12h, 30d)")
    : { atMs };
}

/** A number without a unit is none: it may be meant as a year. */
function durationMs(text: string): number | undefined {
  const seconds = /[a-z]$/.test(text) ? durationSeconds(text) : undefined;
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Figures that the history keeps, with commas between them; each once. */
export function rememberedNames(text: string): readonly RememberedName[] | Fault {
  const names = text.split(",").map((word) => word.trim());
  const isKnown = (word: string): word is RememberedName => Object.hasOwn(REMEMBERED_UNITS, word);
  if (names.every(isKnown)) return [...new Set(names)];
  return new Fault(`expected some of ${Object.keys(REMEMBERED_UNITS).join(", ")}, with commas between them`);
}

/** A fraction: 0.05 for 5 or 5%. */
export function percent(text: string): number | Fault {
  const value = decimal(text.replace(/%$/, ""));
  return value === undefined ? new Fault("expected a number of percent, 0 or more (e.g. 5)") : value / 100;
}

/** How `--size` prints sizes. `src/output/size-formats.ts` has a writer for each. */
export type SizeFormat = (typeof SIZE_FORMATS)[number];

export const SIZE_FORMATS = [
  "table",
  "json",
  "kubernetes",
  "slurm",
  "nextflow",
  "snakemake",
  "github",
  "gitlab",
] as const;

/** One of some words. */
export function oneOf<const Words extends readonly string[]>(words: Words): Parse<Words[number]> {
  return (text) => words.find((word) => word === text) ?? new Fault(`expected one of ${words.join(", ")}`);
}

export function port(text: string): number | Fault {
  const value = /^[0-9]+$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 65535 ? value : new Fault("expected a port from 1 to 65535");
}

/** Only this machine can reach it: what is served is private unless the user says otherwise. */
const LOOPBACK = "127.0.0.1";

/** A port, or an address and a port; without an address, of this machine only. */
export function listenAddress(text: string): ListenAddress | Fault {
  const [, address, digits] = /^(?:(\[[0-9a-f:.]+\]|[^\s:/@[\]]*):)?([0-9]+)$/i.exec(text) ?? [];
  const number = digits === undefined ? new Fault("") : port(digits);
  if (number instanceof Fault)
    return new Fault(
      "expected a port, which only this machine can reach (9999), or an address and a port (0.0.0.0:9999)",
    );
  return { host: address?.replace(/^\[|\]$/g, "") || LOOPBACK, port: number };
}

/** Milliseconds since the epoch, rounded to an integer. */
export function timestampMs(text: string): number | Fault {
  const value = decimal(text);
  if (value === undefined) return new Fault("expected milliseconds since the epoch (e.g. 1704067200000)");
  if (value < MIN_TIMESTAMP_MS) return mistakenUnit("seconds", value * 1000);
  if (value >= END_TIMESTAMP_MS * 1000) return mistakenUnit("nanoseconds", value / 1e6);
  if (value >= END_TIMESTAMP_MS) return mistakenUnit("microseconds", value / 1000);
  return Math.round(value);
}

function mistakenUnit(unit: string, meantMs: number): Fault {
  const plausible = meantMs >= MIN_TIMESTAMP_MS && meantMs < END_TIMESTAMP_MS;
  const example = plausible ? Math.round(meantMs) : 1704067200000;
  return new Fault(`which looks like ${unit}; expected milliseconds since the epoch (e.g. ${example})`);
}

/** The shells that have a completion. */
const SHELLS = ["bash", "fish", "zsh"] as const;

export type Shell = (typeof SHELLS)[number];

export function shell(text: string): Shell | Fault {
  return SHELLS.find((name) => name === text) ?? new Fault(`expected one of ${SHELLS.join(", ")}`);
}

export function boolean(text: string): boolean | Fault {
  switch (text.toLowerCase()) {
    case "1":
    case "true":
    case "yes":
    case "on":
      return true;
    case "0":
    case "false":
    case "no":
    case "off":
      return false;
    default:
      return new Fault("expected 1, true, yes or on, or 0, false, no or off");
  }
}

/** A path to write to; `-` is `/dev/stdout`. */
export function outputPath(text: string): string | Fault {
  if (text === "") return new Fault("expected a file, or - for standard output");
  if (text.includes("\0")) return new Fault("expected a file whose name holds no NUL");
  return text === "-" ? "/dev/stdout" : text;
}

export function folderPath(text: string): string | Fault {
  return text === "" || text.includes("\0") ? new Fault("expected a folder") : text;
}

/** The path of a file that is read. */
export function filePath(text: string): string | Fault {
  return text === "" || text.includes("\0") ? new Fault("expected a file") : text;
}

/** Paths of files that are read, with commas between them. */
export function inputPaths(text: string): readonly string[] | Fault {
  const paths = text.split(",");
  return paths.some((path) => path === "" || path.includes("\0")) ? new Fault("expected a file") : paths;
}

/** Where the command's control group is created: `auto`, or a folder; undefined: it gets none. */
export function controlGroup(text: string): string | undefined | Fault {
  if (text === "off") return undefined;
  if (text === "auto" || (text.includes("/") && !text.includes("\0"))) return text;
  return new Fault("expected auto, off or the folder of a control group (e.g. /sys/fs/cgroup/build)");
}

/** The value of a label, which must not be empty. */
export function labelValue(text: string): string | Fault {
  if (text === "") return new Fault("expected some text (leave it out for the default)");
  return isWritable(text) ? text : unwritable();
}

/** `key=value`: the key made legal, the value as it is; it may be empty. */
export function label(text: string): readonly [key: string, value: string] | Fault {
  const equals = text.indexOf("=");
  if (equals < 1) return new Fault("expected key=value (e.g. env=prod)");
  const value = text.slice(equals + 1);
  if (!isWritable(value)) return unwritable();
  return [
    text
      .slice(0, equals)
      .toLowerCase()
      .replace(/[^a-z0-9_]/gu, "_"),
    value,
  ];
}

function unwritable(): Fault {
  return new Fault("expected text without control characters other than line break and tab");
}

/**
 * The address of a server. An IPv6 address without brackets is refused, since the end of `2001:db8::1:8080` may be a
 * port. `http://host` does not mean port 80, nor `https://host` 443, since no statexec listens there.
 */
export function peer(text: string): Peer | Fault {
  const address = text.replace(/^https?:\/\/(.*?)\/?$/is, "$1");
  const tls = /^https:/i.test(text);
  if (isHost(`[${address}]`)) return new Fault(`expected brackets around IPv6: [${address}] or [${address}]:8080`);
  if (/^[0-9]+$/.test(address)) return new Fault(`which looks like a port; ${PEER_FORMS}`);
  const [, host = "", portText] = /^(\[[^\]/]*\]|[^:/]*)(?::([^:/]*))?$/.exec(address) ?? [];
  if (!isHost(host)) return new Fault(PEER_FORMS);
  if (portText === undefined) return { host, port: undefined, tls };
  const number = port(portText);
  return number instanceof Fault ? new Fault(`${number.clause} after the colon`) : { host, port: number, tls };
}

/** An address or name of this machine; the brackets of an IPv6 address are optional and removed. */
export function address(text: string): string | Fault {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (isHost(bare) || isHost(`[${bare}]`)) return bare;
  return new Fault("expected an address of this machine (e.g. 127.0.0.1, ::1, localhost)");
}

/** Whether a name or address can be part of a URL as it is: without a user, path or escape, and not an option (`-1`). */
function isHost(host: string): boolean {
  return /^(\[[0-9a-f:.]+\]|(?!-)[^\s[\]:/\\?#@%]+)$/iu.test(host) && URL.canParse(`http://${host}/`);
}

/** Returns a decimal number without sign or exponent; undefined if the text is not one. Too many digits are Infinity. */
function decimal(text: string): number | undefined {
  return /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : undefined;
}

/** The condition for a server's command to be ready for its clients. */
export type Readiness =
  /** Something listens on a TCP port of this machine. */
  | { readonly kind: "tcp"; readonly port: number }
  /** A URL answers with a status of 200 to 299. */
  | { readonly kind: "http"; readonly url: string }
  /** This long after its start. */
  | { readonly kind: "delay"; readonly seconds: number };

const READY_FORMS = "expected tcp:PORT, http://HOST:PORT/PATH or delay:SECONDS";

/** Reads `tcp:5201`, `http://localhost:8000/health` (or `http:URL`), `delay:1.5`. */
export function readiness(text: string): Readiness | Fault {
  const [, kind, rest = ""] = /^(tcp|http|https|delay):(.*)$/s.exec(text) ?? [];
  if (kind === "tcp") return afterColon(port(rest), (number) => ({ kind, port: number }));
  if (kind === "delay") return afterColon(seconds(rest), (number) => ({ kind, seconds: number }));
  if (kind === undefined) return new Fault(READY_FORMS);
  const url = rest.startsWith("//") ? text : rest;
  return /^https?:\/\/[^/\s]+(\/\S*)?$/.test(url) && URL.canParse(url) ? { kind: "http", url } : new Fault(READY_FORMS);
}

function afterColon(value: number | Fault, make: (value: number) => Readiness): Readiness | Fault {
  return value instanceof Fault ? new Fault(`${value.clause} after the colon`) : make(value);
}

/**
 * Reads names of collectors with commas between them: those that are wanted, `-name` to leave one out, `name=way` for its
 * other way. Whether there is such a collector is checked when the collectors are made.
 */
export function collectorChoice(text: string): CollectorChoice | Fault {
  const words = text.split(",").map((word) => word.trim());
  if (!words.every((word) => /^(-?[a-z_]+|[a-z_]+=[a-z_]+)$/.test(word)))
    return new Fault("expected names with commas between them (e.g. cpu,memory or -disk or cpu=total)");
  return {
    only: words.filter((word) => /^[a-z_]+$/.test(word)),
    without: words.filter((word) => word.startsWith("-")).map((word) => word.slice(1)),
    ways: words.flatMap((word) => {
      const [name, way] = word.split("=");
      return name === undefined || way === undefined ? [] : [[name, way] as const];
    }),
  };
}

const MOST_PHASE_CHARACTERS = 100;

/** Reads the name of a phase: one line of printed characters. */
export function phaseName(text: string): string | Fault {
  const name = text.trim();
  if (name === "" || name.length > MOST_PHASE_CHARACTERS || safeLine(name) !== name)
    return new Fault(`expected a name of at most ${MOST_PHASE_CHARACTERS} characters, without control characters`);
  return name;
}
