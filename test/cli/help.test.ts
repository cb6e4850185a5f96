import { expect, test } from "bun:test";
import { cittyCommand, readmeOptions, renderHelp } from "../../src/cli/help.ts";
import { type Option, variableOf } from "../../src/cli/option.ts";
import { OPTION_IDS, OPTIONS } from "../../src/cli/options.ts";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { HELP_GROUPS, renderShortHelp } from "../../src/cli/short-help.ts";

const options: readonly Option[] = OPTION_IDS.map((id) => OPTIONS[id]);
const help = await renderHelp();
const short = renderShortHelp();

test.each([short, help])("help is at most 80 columns wide, without trailing blanks, tabs or escapes", (help) => {
  for (const line of help.split("\n")) {
    expect(line.length, line).toBeLessThanOrEqual(80);
    expect(line).not.toMatch(/\s$|\p{Cc}/u);
  }
  expect(help).toEndWith("\n");
  expect(help).not.toEndWith("\n\n");
});

test("help fits two screens of 30 rows, with the prompt, and begins with three examples", () => {
  const rows = short.trimEnd().split("\n");
  expect(rows.length).toBeLessThanOrEqual(2 * 30 - 2);
  expect(rows.slice(2, 5).every((row) => row.startsWith("  statexec "))).toBe(true);
  expect(short).toContain("statexec --help all");
});

test("its lines are of options as they are typed, each once, with texts in one column", () => {
  const ids = HELP_GROUPS.flatMap(([, briefs]) => briefs.map(([id]) => id));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(short).toMatch(new RegExp(`^  (-., )?${OPTIONS[id].flag}(?= )`, "m"));
  const texts = short.split("\n").filter((row) => /^ {2}-/.test(row));
  expect(texts).toHaveLength(ids.length);
  for (const row of texts) expect(row).toMatch(/^.{28} \S/);
});

test.each([
  ["--help all", "all"],
  ["-h all", "all"],
  ["--help", undefined],
  ["--help make all", undefined],
])("%s is about %p", (line, topic) => {
  expect(parseInvocation(line.split(" "), {})).toEqual({ mode: "help", topic } as never);
});

test("help has every option once, with its variable and its default", () => {
  const flat = help.replace(/\s+/g, " ");
  for (const option of options) {
    const operand = option.operand === undefined ? "" : `=<${option.operand.placeholder}>`;
    const spelling = [...option.shorts, option.flag].join(", ") + operand;
    const tail = "env" in option ? ` [${variableOf(option)}]` : "";
    const byDefault =
      option.kind === "setting" && option.defaultText !== undefined ? ` (Default: ${option.defaultText})` : "";
    expect(flat.split(` ${spelling} ${option.help}${tail}${byDefault} `), spelling).toHaveLength(2);
  }
});

test("help begins with the usage, and has exit statuses and examples", () => {
  expect(help).toStartWith("Usage: statexec [OPTIONS] [--] <command> [args]\n");
  for (const status of ["125", "126", "127"]) expect(help).toContain(`\n  ${status}  `);
  expect(help).toContain("\nExamples:\n");
});

test("the layout, on the first options", () => {
  const [, rows = ""] = help.split("Options:\n");
  expect(rows.split("\n").slice(0, 9).join("\n")).toMatchInlineSnapshot(`
    "  -f, --file=<file>         Write the metrics to this file, compressed if its
                                name ends in .gz or .zst; - is standard output.
                                [SE_FILE] (Default: statexec_metrics.prom)
      -i, --instance=<name>     Value of the label instance.
                                [SE_INSTANCE] (Default: the command's name)
      -mst, --metrics-start-time=<ms>
                                Time stamp of the first sample, in milliseconds
                                since the epoch.
                                [SE_METRICS_START_TIME] (Default: now)"
  `);
});

test("colour changes nothing but colour", async () => {
  const coloured = await renderHelp({ colour: true });
  expect(coloured).toContain("\u001b[");
  expect(Bun.stripANSI(coloured)).toBe(help);
  expect(renderShortHelp({ colour: true })).toContain("\u001b[");
  expect(Bun.stripANSI(renderShortHelp({ colour: true }))).toBe(short);
});

test("the citty command has the whole table", async () => {
  const args = (await cittyCommand().args) as Record<string, { alias: string[] }>;
  expect(Object.keys(args).map((name) => `--${name}`)).toEqual(options.map(({ flag }) => flag));
  expect(Object.values(args).map(({ alias }) => alias.map((short) => `-${short}`))).toEqual(
    options.map(({ shorts }) => [...shorts]),
  );
});

test("the README's table has a row of four cells for every option", () => {
  const [header, rule, ...rows] = readmeOptions().split("\n");
  expect(header).toBe("| Option | Variable | What it does | Default |");
  expect(rule).toBe("| --- | --- | --- | --- |");
  expect(rows).toHaveLength(options.length);
  for (const [index, option] of options.entries()) {
    expect(rows[index]!.split(/(?<!\\)\|/)).toHaveLength(6);
    expect(rows[index]).toStartWith(`| \`${option.flag}`);
    for (const text of [...option.shorts, option.help]) expect(rows[index]).toContain(text);
    if ("env" in option) expect(rows[index]).toContain(`\`${variableOf(option)}\``);
  }
});

test("parsing a command line loads neither the help nor citty", async () => {
  const folder = `${import.meta.dir}/../../src/cli/`;
  for await (const file of new Bun.Glob("*.ts").scan(folder))
    if (!file.endsWith("help.ts"))
      expect(await Bun.file(folder + file).text(), file).not.toMatch(/from "(citty|\.\/(short-)?help\.ts)"/);
});
