import { CUMULATIVE, type OtlpEncoding } from "./otlp-json.ts";
import type { Attribute } from "./otlp-streams.ts";

/** OTLP as protobuf, for servers that take nothing else. The numbers are those of the fields in metrics.proto, version 1. */
export const OTLP_PROTOBUF: OtlpEncoding<Uint8Array> = {
  contentType: "application/x-protobuf",
  attributes: (all) => attributes(7, all),
  // A file has millions of these: one piece of memory each.
  point: (encoded, startMs, atMs, value) => {
    const bytes = new Uint8Array((startMs === undefined ? 2 : 3) * FIXED_BYTES + encoded.length);
    const view = new DataView(bytes.buffer);
    let at = 0;
    if (startMs !== undefined) at = putNanoseconds(view, at, 2, startMs);
    at = putNanoseconds(view, at, 3, atMs);
    view.setUint8(at, tag(4, FIXED64));
    view.setFloat64(at + 1, value, true);
    bytes.set(encoded, at + FIXED_BYTES);
    return bytes;
  },
  metric: ({ name, unit, kind }, points) => {
    const data = points.map((point) => message(1, [point]));
    const temporality = joined([varint(tag(2, VARINT)), varint(CUMULATIVE)]);
    const monotonic = kind === "monotonic sum" ? [joined([varint(tag(3, VARINT)), varint(1)])] : [];
    const body = kind === "gauge" ? message(5, data) : message(7, [...data, temporality, ...monotonic]);
    return joined([text(1, name), unit === "" ? EMPTY : text(3, unit), body]);
  },
  request: (resource, metrics, schemaUrl) => {
    const schema = schemaUrl === "" ? EMPTY : text(3, schemaUrl);
    const scope = message(2, [message(1, [text(1, "statexec")]), ...metrics.map((one) => message(2, [one])), schema]);
    return message(1, [message(1, [attributes(1, resource)]), scope, schema]);
  },
};

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const EMPTY = new Uint8Array(0);

function attributes(field: number, all: readonly Attribute[]): Uint8Array {
  return joined(
    all.map(([key, value]) => {
      const any = typeof value === "number" ? joined([varint(tag(3, VARINT)), varint(value)]) : text(1, value);
      return message(field, [text(1, key), message(2, [any])]);
    }),
  );
}

function tag(field: number, wire: number): number {
  return field * 8 + wire;
}

/** An integer that is not negative, seven bits a byte. */
function varint(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function text(field: number, value: string): Uint8Array {
  return message(field, [new TextEncoder().encode(value)]);
}

/** A field that has other fields, or bytes. */
function message(field: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return joined([varint(tag(field, BYTES)), varint(length), ...parts]);
}

/** A field of eight bytes, with its tag of one. */
const FIXED_BYTES = 9;

/** Writes a time as a field, and returns the offset after it. */
function putNanoseconds(view: DataView, at: number, field: number, ms: number): number {
  view.setUint8(at, tag(field, FIXED64));
  view.setBigUint64(at + 1, BigInt(Math.trunc(ms)) * 1_000_000n, true);
  return at + FIXED_BYTES;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
