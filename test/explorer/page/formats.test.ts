import { describe, expect, test } from "bun:test";
import { movedZoom, type PageState, readState, writeState } from "../../../explorer/page/page-state.ts";
import { clockTime, duration, elapsed } from "../../../explorer/page/time-format.ts";
import { axisLabels, quantity, type Unit } from "../../../src/recording/quantities.ts";

const plain = (text: string) => text.replaceAll("\u202f", " ");

describe("a quantity", () => {
  test.each<[number, Unit, string]>([
    [0, "bytes", "0 B"],
    [1023, "bytes", "1023 B"],
    [1024, "bytes", "1 KiB"],
    [1_048_570, "bytes", "1.00 MiB"],
    [2.27 * 2 ** 30, "bytes", "2.27 GiB"],
    [5 * 2 ** 50, "bytes", "5 PiB"],
    [12_345.6, "bytes/s", "12.1 KiB/s"],
    [125_000, "bits/s", "1.00 Mbit/s"],
    [117_500_000, "bits/s", "940 Mbit/s"],
    [1.234, "cores", "1.23"],
    [4, "cores", "4"],
    [0.36, "share", "36.0 %"],
    [0, "share", "0 %"],
    [0.000_45, "seconds", "450 µs"],
    [1500, "count", "1.50k"],
    [17, "count", "17"],
    [2.5, "per second", "2.50 /s"],
    [0.004, "cores", "0.004"],
    [Number.NaN, "bytes", "–"],
  ])("%p %s is %s", (value, unit, text) => expect(plain(quantity(value, unit))).toBe(text));

  test("absent differs from zero", () => expect(quantity(Number.NaN, "count")).not.toBe(quantity(0, "count")));
});

test("the labels of an axis share one unit, and have the decimals that distinguish them", () => {
  expect(axisLabels([0, 0.5, 1, 1.5], "cores")).toEqual(["0", "0.5", "1.0", "1.5"]);
  expect(axisLabels([0, 2 ** 29, 2 ** 30], "bytes").map(plain)).toEqual(["0", "0.5 GiB", "1.0 GiB"]);
  expect(axisLabels([0, 1, 2], "count")).toEqual(["0", "1", "2"]);
  expect(axisLabels([0, 0.25, 0.5], "share").map(plain)).toEqual(["0", "25 %", "50 %"]);
});

describe("a duration", () => {
  test.each([
    [0.0004, "0.4 ms"],
    [0.35, "350 ms"],
    [0.9996, "1.00 s"],
    [9.999, "10.0 s"],
    [59.97, "1 min 00 s"],
    [125, "2 min 05 s"],
    [3725, "1 h 02 min"],
    [200_000, "2 d 07 h"],
    [Number.NaN, "–"],
  ])("%p s is %s", (seconds, text) => expect(plain(duration(seconds))).toBe(text));
});

describe("a time on the axis", () => {
  test.each([
    [0, 1, "0 s"],
    [-3, 1, "−3 s"],
    [-0.0001, 1, "0 s"],
    [12.5, 0.1, "12.5 s"],
    [59.999, 0.01, "1:00.00"],
    [125, 1, "2:05"],
    [-125.25, 0.1, "−2:05.3"],
    [3725, 1, "1:02:05"],
  ])("%p s at steps of %p s is %s", (seconds, step, text) => expect(plain(elapsed(seconds, step))).toBe(text));

  test("by the clock is as precise as its step", () => {
    const at = new Date(2026, 10, 23, 14, 2, 5, 250).getTime();
    expect([86_400, 60, 1, 0.1, 0.01].map((step) => clockTime(at, step))).toEqual([
      "2026-11-23",
      "14:02",
      "14:02:05",
      "14:02:05.2",
      "14:02:05.250",
    ]);
  });
});

describe("the address", () => {
  const INITIAL: PageState = {
    runs: [],
    base: [],
    view: undefined,
    zoom: undefined,
    pin: undefined,
    clock: "start",
    theme: undefined,
  };

  test("is empty for the initial state", () => {
    expect(writeState(INITIAL)).toBe("");
    expect(readState("")).toEqual(INITIAL);
  });

  test("restores the state", () => {
    const state: PageState = {
      runs: ["0", "a b/c&d,e=f"],
      base: ["0"],
      view: "hosts",
      zoom: { from: -1.5, to: 20.125 },
      pin: 3.25,
      clock: "wall",
      theme: "dark",
    };
    expect(readState(writeState({ ...state, runs: ["0", "7"] }))).toEqual({ ...state, runs: ["0", "7"] });
    expect(readState(writeState(state)).zoom).toEqual(state.zoom);
  });

  test.each(["#t=5~2", "#t=~", "#t=1e9~2e9", "#t=NaN~3", "#at=x", "#view=<script>", "#theme=blue", "#=&&%"])(
    "%s is ignored",
    (hash) => expect(readState(hash)).toEqual(INITIAL),
  );
});

describe("a zoom", () => {
  const all = { from: 0, to: 100 };

  test("is moved and scaled within the whole range", () => {
    expect(movedZoom({ from: 40, to: 60 }, all, { shift: 0.5 })).toEqual({ from: 50, to: 70 });
    expect(movedZoom({ from: 80, to: 100 }, all, { shift: 0.5 })).toEqual({ from: 80, to: 100 });
    expect(movedZoom({ from: 0, to: 20 }, all, { shift: -0.5 })).toEqual({ from: 0, to: 20 });
    expect(movedZoom(undefined, all, { scale: 0.5 })).toEqual({ from: 25, to: 75 });
  });

  test("of the whole range is none", () => expect(movedZoom({ from: 10, to: 80 }, all, { scale: 2 })).toBeUndefined());
});
