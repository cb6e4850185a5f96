import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dir, "../..");

/** What is written for people, by its path. */
export const DOCUMENTS: ReadonlyMap<string, string> = new Map(
  ["README.md", "CONTRIBUTING.md", ...readdirSync(join(ROOT, "docs"), { encoding: "utf8" }).map((n) => `docs/${n}`)]
    .filter((path) => path.endsWith(".md"))
    .map((path) => [path, readFileSync(join(ROOT, path), "utf8")] as const),
);

/** A line that a reader is to type, and what the text says that it answers; undefined: nothing is said. */
export interface Typed {
  readonly document: string;
  readonly line: string;
  readonly answer: readonly string[] | undefined;
}

/** Every line of the shell and console blocks, in order, without its comment. */
export const TYPED: readonly Typed[] = [...DOCUMENTS].flatMap(([document, text]) =>
  [...text.matchAll(/^ *```(sh|console)\n(.*?)^ *```/gms)].flatMap(([, kind, block]) =>
    kind === "sh" ? shellLines(document, block!) : consoleLines(document, block!),
  ),
);

function shellLines(document: string, block: string): Typed[] {
  const lines = block.split("\n").map((line) => line.trim().replace(/\s+# .*$/, ""));
  return lines.filter((line) => line !== "").map((line) => ({ document, line, answer: undefined }));
}

function consoleLines(document: string, block: string): Typed[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [line = "", ...answer] = part.trimEnd().split("\n");
      return { document, line, answer };
    });
}

/** The variables and words with which a line calls statexec; undefined: it does not. */
export function callOf(line: string): { env: Record<string, string>; words: string[] } | undefined {
  const own = /^(?:\w+=\S+ )*statexec\b/.test(line);
  if (!own) return undefined;
  const env: Record<string, string> = {};
  const words: string[] = [];
  for (const [word, , operator] of line.matchAll(/((?:'[^']*'|"[^"]*"|[^\s'"|;&])+)|([|;&]+)/g)) {
    if (operator !== undefined) break;
    const variable = words.length === 0 && /^(\w+)=(.*)$/.exec(word);
    if (variable) env[variable[1]!] = variable[2]!;
    else words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
  }
  return { env, words: words.slice(1) };
}
