import { describe, expect, test } from "bun:test";
import { RESERVED_LABELS } from "../../src/catalog/index.ts";
import type { Option } from "../../src/cli/option.ts";
import { Fault } from "../../src/cli/option-values.ts";
import { findOption, OPTION_IDS, OPTIONS } from "../../src/cli/options.ts";
import { RUN_OPTIONS } from "../../src/cli/options-run.ts";
import { SYNC_OPTIONS } from "../../src/cli/options-sync.ts";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { UsageError } from "../../src/errors.ts";
import { configFor } from "../helpers/config.ts";

const options: readonly Option[] = OPTION_IDS.map((id) => OPTIONS[id]);
const withVariable = options.filter((option) => "env" in option);

test("flags, short names and variables are unique", () => {
  const spellings = options.flatMap(({ flag, shorts }) => [flag, ...shorts]);
  expect(new Set(spellings).size).toBe(spellings.length);
  const variables = withVariable.map(({ env }) => env);
  expect(new Set(variables).size).toBe(variables.length);
});

test("no setting's variable looks like a label's", () => {
  for (const { kind, env } of withVariable)
    if (kind === "setting") expect(env.startsWith(OPTIONS.label.env), env).toBe(false);
});

describe.each(options)("$flag", (option) => {
  test("has the spelling of an option, and is found by each spelling", () => {
    expect(option.flag).toMatch(/^--[a-z]+(-[a-z]+)*$/);
    for (const short of option.shorts) expect(short).toMatch(/^-[a-z]+$/);
    for (const spelling of [option.flag, ...option.shorts])
      expect(OPTIONS[findOption(spelling)!]).toBe(option as never);
  });

  test("has help, and a placeholder with a good example or a boolean parser", () => {
    expect(option.help).toMatch(/^[A-Z].*\.$/);
    for (const text of [option.operand?.example ?? "true"]) expect(option.parse(text)).not.toBeInstanceOf(Fault);
    if (option.operand === undefined) expect(option.parse("0")).toBe(false);
    else expect(option.operand.placeholder).toMatch(/^[a-z=]+$/);
  });

  test("has the variable of its long name, unless it is a mode or an option of one", () => {
    if (!("env" in option)) return expect(Object.keys(option)).not.toContain("env");
    const name = `SE_${option.flag.slice(2).toUpperCase().replaceAll("-", "_")}`;
    expect(option.env).toBe(option.kind === "list" ? `${name}_` : name);
  });

  test("an empty value is an error as a flag, and ignored as a variable", () => {
    expect(() => parseInvocation([`${option.flag}=`, "ls"], {})).toThrow(UsageError);
    if ("env" in option) expect(parseInvocation(["ls"], { [option.env]: "" })).toEqual(parseInvocation(["ls"], {}));
  });

  test("a wrong value is reported with its flag or variable", () => {
    const wrong = "\0";
    expect(() => parseInvocation([`${option.flag}=${wrong}`, "ls"], {})).toThrow(`${option.flag}`);
    if (option.kind === "setting")
      expect(() => parseInvocation(["ls"], { [option.env]: wrong })).toThrow(`${option.env}: got "\\u0000", `);
  });
});

test("every general option exists", () => {
  for (const option of options)
    if (option.kind === "setting" && option.general !== undefined)
      expect(Object.keys(OPTIONS)).toContain(option.general);
});

describe("Config", () => {
  const ids = (table: object) =>
    Object.keys(table).filter((id) => OPTIONS[id as keyof typeof OPTIONS].kind === "setting");

  test("has every setting of a run, but for those that others are made of", () => {
    // Of these, others are made.
    const parts = ["delaySeconds", "pushNames", "pushCi"];
    const expected = [...ids(RUN_OPTIONS), "command", "labels", "sync"].filter((id) => !parts.includes(id));
    expect(Object.keys(configFor(["ls"])).sort()).toEqual(expected.sort());
  });

  test.each([
    ["server", ["-s", "ls"], ["role", "token"]],
    ["client", ["-c", "h", "ls"], ["role", "token", "host"]],
  ])("has for a %s every setting of that side", (role, words, others) => {
    const ofSide = Object.entries(SYNC_OPTIONS).flatMap(([id, { side }]) =>
      side === "both" || side === role ? [id] : [],
    );
    const expected = [...ofSide.filter((id) => !id.startsWith("syncToken")), ...others];
    expect(Object.keys(configFor(words).sync!).sort()).toEqual(expected.sort());
  });
});

test("every reserved label name is refused, however it is spelled", () => {
  for (const name of RESERVED_LABELS) {
    expect(() => parseInvocation(["-l", `${name.toUpperCase()}=x`, "ls"], {})).toThrow(`--label: "${name}" `);
    expect(() => parseInvocation(["ls"], { [`SE_LABEL_${name}`]: "x" })).toThrow(`SE_LABEL_${name}: "${name}" `);
  }
});
