import { expect, test } from "bun:test";
import { painted, safeLine, safePaintedText, safeText, shellQuoted } from "../src/safe-text.ts";

test("what a terminal obeys is shown as its escape", () => {
  expect(safeLine("\u001b]0;x\u0007\u009b2J\u007f")).toBe("\\u001b]0;x\\u0007\\u009b2J\\u007f");
  expect(safeLine("a\u202eb\u2066c\u2028d\u200fe")).toBe("a\\u202eb\\u2066c\\u2028d\\u200fe");
  expect(safeLine("a\nb\tc")).toBe("a\\u000ab\\u0009c");
  expect(safeText("a\nb\tc\r\n")).toBe("a\nb\tc\\u000d\n");
});

test("a byte that is not UTF-8 is shown as a byte, another lone surrogate as its escape", () => {
  expect(safeLine("a\udc80\udcff\ud800z\udc7f")).toBe("a\\x80\\xff\\ud800z\\udc7f");
});

test("all other text stays as it is", () => {
  const text = "Grüße, naïve façade, 日本語, \u{1f600}, שלום, ~ \\ \" ' <b>";
  expect(safeLine(text)).toBe(text);
});

test("of the colours only our own stay", () => {
  const text = painted(31, "bad");
  expect(safePaintedText(`${text}\n`)).toBe("\u001b[31mbad\u001b[0m\n");
  expect(safePaintedText(`${text}\u001b[2J\u001b[1;31m\u001b]0;x`)).toBe(`${text}\\u001b[2J\\u001b[1;31m\\u001b]0;x`);
  expect(safeText(text)).not.toContain("\u001b");
});

test("a word for a shell is one word there, with the same bytes", () => {
  for (const word of ["run.prom", "a b", "it's", "$HOME", "`id`", '"', "\\", "a\nb", "", "*", "é", "-x;y", "~"]) {
    const { stdout } = Bun.spawnSync(["sh", "-c", `printf %s ${shellQuoted(word)}`]);
    expect(stdout.toString()).toBe(word);
  }
});
