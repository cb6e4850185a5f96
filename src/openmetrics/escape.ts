const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };
const UNESCAPES: Readonly<Record<string, string>> = { "\\\\": "\\", '\\"': '"', "\\n": "\n" };

/** A label value or a help text as it stands in a file: OpenMetrics 1.0 escapes both alike. */
export function escapeText(text: string): string {
  if (!text.includes('"') && !text.includes("\\") && !text.includes("\n")) return text;
  return text.replace(/[\\"\n]/g, (character) => ESCAPES[character] as string);
}

/** The text that was escaped; undefined where a backslash begins none of the three escapes. */
export function unescapeText(escaped: string): string | undefined {
  if (!escaped.includes("\\")) return escaped;
  let bad = false;
  const text = escaped.replace(/\\.?/gs, (pair) => {
    const character = UNESCAPES[pair];
    bad ||= character === undefined;
    return character ?? pair;
  });
  return bad ? undefined : text;
}
