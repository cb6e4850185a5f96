import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

/** All bytes but NUL, which no name holds, as `printf` reads them, in parts of a size. */
function partsOf(size: number): string[] {
  const octal = Array.from({ length: 255 }, (_, i) => `\\${(i + 1).toString(8).padStart(3, "0")}`);
  return Array.from({ length: Math.ceil(255 / size) }, (_, part) =>
    octal.slice(part * size, (part + 1) * size).join(""),
  );
}

/** A process name has at most 15 bytes; the summary shows three names. */
const NAMES = partsOf(15);
const NAMES_OF_A_RUN = 3;

/** The same characters as UTF-8, and those that change the direction of text. */
const UNICODE = [
  ...Array.from({ length: 255 }, (_, i) => String.fromCharCode(i + 1)),
  ..."\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069",
].join("");

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** Fails where text is not UTF-8, or holds what a terminal obeys. Line breaks may be ours. */
function expectSafe(bytes: Uint8Array | string, what: string): void {
  const text = typeof bytes === "string" ? bytes : new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const found = OBEYED.exec(text);
  expect(found && `${what}: ${JSON.stringify(text.slice(Math.max(0, found.index - 40), found.index + 20))}`).toBeNull();
}

/** Runs a script of the shell, in which `$S` is statexec; all that it prints must be safe. */
async function expectSafeScript(script: string, cwd: string, env: Record<string, string> = {}) {
  const words = ["sh", "-c", `{ ${script}\n} >out 2>err`];
  const result = await runProgram(words, { cwd, env: { S: BIN, ...env } });
  for (const name of ["out", "err"]) expectSafe(readFileSync(`${cwd}/${name}`), script);
  return { ...result, stderr: readFileSync(`${cwd}/err`, "utf8"), stdout: readFileSync(`${cwd}/out`, "utf8") };
}

describe("names of others", () => {
  test("of processes, in the summary and its files", async () => {
    for (let at = 0; at < NAMES.length; at += NAMES_OF_A_RUN) {
      using folder = tempFolder();
      const burn = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 0.15";
      const busy = NAMES.slice(at, at + NAMES_OF_A_RUN).map(
        (name) => `( printf '${name}' >/proc/$BASHPID/comm; ${burn} ) &`,
      );
      writeFileSync(folder.file("busy.sh"), `${busy.join("\n")}\nwait\n`);
      const places = "--summary-markdown page.md --report-to page.html --summary-json page.json";
      const script = `"$S" --summary --interval 0.05 ${places} -f run.prom bash busy.sh`;
      expect((await expectSafeScript(script, folder.path)).stderr).toContain("programs");
      for (const file of ["page.md", "page.html", "page.json"]) expectSafe(readFileSync(folder.file(file)), file);
      expect(readFileSync(folder.file("page.md"), "utf8")).toContain("programs");
    }
  }, 120_000);

  test.each(partsOf(85))(
    "in words, files and labels",
    async (part) => {
      using folder = tempFolder();
      const name = `"$(printf 'n${part.replaceAll("\\057", "")}n')"`;
      const places = "--summary-markdown page.md --report-to page.html --summary-json page.json";
      await expectSafeScript(
        [
          `"$S" --summary ${places} -f ${name}.prom -- sh -c true ${name}`,
          `cp /bin/true ${name}; "$S" --summary ${places} -f run.prom ./${name}; rm ${name}`,
          `"$S" --budget 'memory<1KiB' -f run.prom true; "$S" --budget ${name} true`,
          `"$S" ${name}; "$S" -l ${name}=1 true; "$S" -l a=${name} true; "$S" --${name} true; "$S" -i ${name} true`,
          `"$S" -f missing/${name} true; "$S" --interval ${name} true; "$S" --compare run.prom ${name}`,
          `"$S" --compare run.prom ${name}.prom; "$S" --report r.html ${name}; "$S" --report ${name}.html run.prom`,
          `"$S" --push http://127.0.0.1:9 ${name}; "$S" --list-collectors ${name}; "$S" --baseline ${name} --budget 'cpu<+1%' true`,
          `"$S" --sync-token-file ${name} -s true; "$S" -c ${name} --sync-timeout 0.1 true; SE_INTERVAL=${name} "$S" true`,
          `printf '${part}' >.${name}.98.journal; "$S" --recover; "$S" --recover .${name}.98.journal`,
          `"$S" --explore ${name} --nothing; "$S" --journal-dir ${name} true; "$S" --cgroup ./${name} true`,
        ].join("\n"),
        folder.path,
      );
      for (const file of ["page.md", "page.html", "page.json"]) expectSafe(readFileSync(folder.file(file)), file);
    },
    120_000,
  );

  test("in what files say: every character in labels, events and broken lines", async () => {
    using folder = tempFolder();
    expect((await statexec(["-f", "run.prom", "-l", "env=@", "true"], { cwd: folder.path })).code).toBe(0);
    const escaped = UNICODE.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
    const text = readFileSync(folder.file("run.prom"), "utf8");
    for (const [name, content] of Object.entries({
      "labels.prom": text.replaceAll(
        /(instance|env|event|text|value|comm)="[^"]*"/g,
        `$1="${escaped.replaceAll("$", "$$$$")}"`,
      ),
      "broken.prom": text.replace("# EOF", `broken ${UNICODE}\n# EOF`),
      "names.prom": text.replaceAll(/statexec_(\w+)/g, `statexec_$1${UNICODE.replaceAll("$", "")}`),
    }))
      writeFileSync(folder.file(name), content);
    for (const name of readdirSync(folder.path))
      await expectSafeScript(
        [
          `"$S" --compare --any-command run.prom ${name}; "$S" --compare run.prom ${name}`,
          `"$S" --report ${name}.html ${name}; "$S" --push http://127.0.0.1:9/x/otlp/ ${name}x`,
          `"$S" --baseline ${name} --budget 'cpu<+900%' --summary -f x.out true`,
        ].join("\n"),
        folder.path,
      );
    const pages = readdirSync(folder.path).filter((name) => name.endsWith(".html"));
    expect(pages).toContain("labels.prom.html");
    for (const page of pages) expectSafe(readFileSync(folder.file(page)), page);
  }, 120_000);
});
