import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { COMPLETIONS } from "../../scripts/completions.ts";
import { OPTIONS } from "../../src/cli/options.ts";
import { runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { Terminal } from "../helpers/terminal.ts";
import { isMissing } from "../helpers/validators.ts";

const ROOT = resolve(import.meta.dir, "../..");
const FLAGS = Object.values(OPTIONS).map(({ flag }) => flag);

test.each(Object.entries(COMPLETIONS))("%s is up to date (npm run generate writes it)", async (path, shell) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  const { stdout } = await statexec(["--completions", shell]);
  expect(text).toBe(stdout);
});

/** Returns a shell's candidates for the last word of a line, in a folder with `run.prom` and `sub/`. */
type Ask = (line: string) => Promise<string[]>;

async function ask(words: readonly string[]): Promise<string[]> {
  using folder = filled();
  const { code, stdout, stderr } = await runProgram(words, { cwd: folder.path, env: { HOME: folder.path } });
  if (code !== 0) throw new Error(`${words[0]}: ${stderr}`);
  return stdout.split("\n").filter(Boolean);
}

function filled() {
  const folder = tempFolder();
  writeFileSync(folder.file("run.prom"), "");
  mkdirSync(folder.file("sub"));
  return folder;
}

/** Calls the completion as bash's line editor does, for which `=` is a separate word. */
const bashWith =
  (setUp: string): Ask =>
  (line) =>
    ask([
      ...["bash", "--norc", "-c"],
      `${setUp}
     source "$1"
     compopt() { :; }
     COMP_LINE=$2 COMP_POINT=\${#2} COMP_TYPE=9 COMP_KEY=9
     COMP_WORDS=("\${@:3}") COMP_CWORD=$(($# - 3))
     _statexec statexec "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
     printf '%s\\n' "\${COMPREPLY[@]}"`,
      "bash",
      join(ROOT, "completions/statexec.bash"),
      line,
      ...line.split(/ +|(?<=[^ ])(?==)|(?<==)(?=[^ ])/),
    ]);

const askBash = bashWith("source /usr/share/bash-completion/bash_completion");

/** Without bash-completion. */
const askPlainBash = bashWith("");

const askFish: Ask = async (line) => {
  const script = 'source "$argv[1]"; complete -C "$argv[2]"';
  const found = await ask(["fish", "-c", script, join(ROOT, "completions/statexec.fish"), line]);
  return found.map((candidate) =>
    candidate
      .split("\t")[0]!
      .replace(/^--file=/, "")
      .replace(/\/$/, ""),
  );
};

/** Types into a terminal: zsh shows its candidates only there. */
const askZsh: Ask = async (line) => {
  using folder = filled();
  const terminal = new Terminal(["zsh", "-f", "-i"], { cwd: folder.path, columns: 200, rows: 200 });
  const setUp = `PS1='$ '; fpath=(${join(ROOT, "completions")} $fpath); autoload -U compinit; compinit -u -D;
    setopt no_always_last_prompt list_rows_first; LISTMAX=0; unsetopt zle_bracketed_paste beep auto_menu;
    zstyle ':completion:*' list-separator '#'; bindkey '^T' list-choices; print rea''dy\n`;
  terminal.type(setUp.replace(/\n\s+/g, " "));
  await terminal.shows(/ready\r\n.*\$ /s);
  terminal.type(`${line}\x14`);
  await terminal.shows(/\n.*\$ statexec/s);
  terminal.type("\x15exit\n");
  await terminal.child.exited;
  const listed = Bun.stripANSI(terminal.shown).split("ready\r\n").at(-1)!.split("\n").slice(1);
  return listed
    .flatMap((row) =>
      row
        .split("#")[0]!
        .trim()
        .split(/\s{2,}|, /),
    )
    .map((word) => word.replace(/\/$/, "").replaceAll("\\", ""));
};

const SHELLS = { bash: askBash, fish: askFish, zsh: askZsh } as const;

describe.each(Object.keys(SHELLS) as (keyof typeof SHELLS)[])("%s", (shell) => {
  const candidates = SHELLS[shell];

  test.skipIf(isMissing(shell))("offers every long option", async () => {
    const found = await candidates("statexec --");
    for (const flag of FLAGS) expect(found).toContain(flag);
  });

  test.skipIf(isMissing(shell)).each([
    ["an option", "statexec --delay-b", "--delay-before-command", "--delay-after-command"],
    ["files as the value of --file", "statexec --file r", "run.prom", "sub"],
    ["files as the value of its short name", "statexec -d 2 -f r", "run.prom", "sub"],
    ["folders for the journal", "statexec --journal-dir ", "sub", "run.prom"],
    ["files for a mode", "statexec --recover ", "run.prom", "mkdir"],
    ["commands", "statexec mkfif", "mkfifo", "run.prom"],
    ["commands after options", "statexec -d 2 -l a=b --server mkfif", "mkfifo", "run.prom"],
    ["commands after --", "statexec -d 2 -- mkfif", "mkfifo", "run.prom"],
    ["the command's own options, not ours", "statexec -d 2 ls --", "--almost-all", "--sync-port"],
    ["the command's own options after --", "statexec --file=a=b -- ls --", "--almost-all", "--sync-port"],
    ["the command's own files", "statexec cat r", "run.prom", "sub"],
  ])("offers %s: %p", async (_, line, offered, absent) => {
    const found = await candidates(line);
    expect(found).toContain(offered);
    expect(found).not.toContain(absent);
  });

  test.skipIf(isMissing(shell))("offers files after --file=", async () => {
    expect(await candidates("statexec --file=r")).toContain("run.prom");
  });

  test.skipIf(isMissing(shell)).each([
    ["budgets", "statexec --budget me", ["memory<", "memory-with-cache<"]],
    ["collectors", "statexec --collectors pr", ["pressure"]],
    ["control groups", "statexec -d 2 --cgroup a", ["auto"]],
    ["readiness", "statexec --server --ready t", ["tcp:"]],
    ["shells", "statexec --completions z", ["zsh"]],
  ])("offers %s by name: %p", async (_, line, offered) => {
    const found = await candidates(line);
    for (const one of offered) expect(found).toContain(one);
  });
});

describe("bash without bash-completion", () => {
  test.skipIf(isMissing("bash")).each([
    ["our options", "statexec --budget-k", ["--budget-kill"]],
    ["files", "statexec -d 2 --file r", ["run.prom"]],
    ["files after an equals sign", "statexec --file=r", ["run.prom"]],
    ["folders", "statexec --journal-dir ", ["sub"]],
    ["budgets", "statexec --budget=cp", ["cpu<"]],
    ["commands after options", "statexec --file=a=b -d 2 mkfif", ["mkfifo"]],
    ["files for the command, not our options", "statexec cat r", ["run.prom"]],
    ["nothing of ours for the command", "statexec cat --bu", []],
  ])("offers %s: %p", async (_, line, offered) => {
    // A command in two folders of PATH is there twice.
    expect([...new Set(await askPlainBash(line))]).toEqual(offered);
  });
});
