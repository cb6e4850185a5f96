import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { BIN, tempFolder } from "../helpers/statexec.ts";
import { CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, Terminal } from "../helpers/terminal.ts";

const SHELL = ["bash", "--norc", "--noprofile", "-i"];

describe("an interactive shell under statexec", () => {
  test("has job control: stop, fg, interrupt, and its own status at the end", async () => {
    using folder = tempFolder();
    const file = folder.file("run.prom");
    const terminal = new Terminal([BIN, "-f", file, ...SHELL]);
    await terminal.shows(/\$ $/);
    terminal.type("sleep 100\n");
    await terminal.shows(/sleep 100\r\n/);
    await sleeping(terminal);
    terminal.type(CTRL_Z);
    await terminal.shows(/\[1\]\+\s+Stopped\s+sleep 100/);
    await terminal.shows(/\$ $/);
    terminal.type("fg\n");
    await terminal.shows(/fg\r\nsleep 100\r\n/);
    await sleeping(terminal);
    terminal.type(CTRL_C);
    await terminal.shows(/\^C/);
    await terminal.shows(/\$ $/);
    terminal.type("echo status=$?\n");
    await terminal.shows(/\nstatus=130\r\n/);
    terminal.type("exit 7\n");
    expect(await terminal.child.exited).toBe(7);
    expect(terminal.shown).not.toContain("statexec");
    expect(terminal.shown).not.toContain("no job control");
    expect(readFileSync(file, "utf8")).toContain('text="Command done with status 7"');
  });

  test("is not ended by repeated Ctrl-C and Ctrl-\\", async () => {
    using folder = tempFolder();
    const terminal = new Terminal([BIN, "-f", folder.file("run.prom"), ...SHELL]);
    await terminal.shows(/\$ $/);
    for (let typed = 0; typed < 10; typed++) terminal.type(typed % 2 === 0 ? CTRL_C : CTRL_BACKSLASH);
    // The shell may discard what is typed while it handles those keys.
    const again = setInterval(() => terminal.type("echo alive=$((40 + 2))\n"), 100);
    await terminal.shows(/alive=42/);
    clearInterval(again);
    terminal.type("exit\n");
    expect(await terminal.child.exited).toBe(0);
  });
});

describe("a command under statexec in a shell", () => {
  test("that ignores Ctrl-Z goes on, and statexec does not stop alone", async () => {
    using folder = tempFolder();
    const terminal = Terminal.shell({ cwd: folder.path });
    await terminal.shows(/\$ $/);
    terminal.type(`${BIN} -f run.prom bash -c 'trap "" TSTP; echo began; read -r line; echo "got $line"; exit 6'\n`);
    await terminal.shows(/\nbegan\r\n/);
    terminal.type(CTRL_Z);
    await terminal.shows(/\^Z/);
    // The terminal discards what is typed before a key that sends a signal; this comes after it.
    terminal.type("a line\n");
    await terminal.shows(/got a line\r\n/);
    await terminal.shows(/\$ $/);
    terminal.type("echo status=$? jobs=[$(jobs)]\n");
    await terminal.shows(/\nstatus=6 jobs=\[\]\r\n/);
    expect(terminal.shown).not.toContain("Stopped");
    terminal.type("exit\n");
    expect(await terminal.child.exited).toBe(0);
  });

  test("stops with Ctrl-Z, goes on with fg, is interrupted with Ctrl-C", async () => {
    using folder = tempFolder();
    const terminal = Terminal.shell({ cwd: folder.path });
    await terminal.shows(/\$ $/);
    const command = `${BIN} -f run.prom sh -c 'echo began; sleep 100; echo ne"v"er'`;
    terminal.type(`${command}\n`);
    await terminal.shows(/\nbegan\r\n/);
    // While sh starts it by vfork(2), neither of them stops, as without statexec.
    await sleeping(terminal);
    terminal.type(CTRL_Z);
    await terminal.shows(/\[1\]\+\s+Stopped/);
    await terminal.shows(/\$ $/);
    terminal.type("fg\n");
    await terminal.shows(/\n\S*statexec\S* .*\r\n/);
    await sleeping(terminal);
    terminal.type(CTRL_C);
    await terminal.shows(/\$ $/);
    terminal.type("echo status=$?\n");
    await terminal.shows(/\nstatus=130\r\n/);
    terminal.type("exit\n");
    await terminal.child.exited;
    expect(terminal.shown).not.toContain("never");
    expect(readFileSync(folder.file("run.prom"), "utf8")).toContain('text="Command ended by SIGINT"');
  });

  test("stops when it reads in the background, and reads after fg", async () => {
    using folder = tempFolder();
    const terminal = Terminal.shell({ cwd: folder.path });
    await terminal.shows(/\$ $/);
    terminal.type(`${BIN} -f run.prom cat &\n`);
    await terminal.shows(/\$ $/);
    terminal.type('while [ -z "$(jobs -s)" ]; do :; done; echo now=$?\n');
    await terminal.shows(/now=0/);
    await terminal.shows(/\$ $/);
    terminal.type("fg\n");
    await terminal.shows(/cat\r\n/);
    terminal.type("hello\n");
    await terminal.shows(/hello\r\nhello\r\n/);
    terminal.type(CTRL_D);
    await terminal.shows(/\$ $/);
    terminal.type("exit\n");
    await terminal.child.exited;
  });

  test("keeps the terminal's modes that it set", async () => {
    using folder = tempFolder();
    const terminal = Terminal.shell({ cwd: folder.path });
    await terminal.shows(/\$ $/);
    terminal.type(
      `${BIN} -f run.prom stty -echo -onlcr; stty -a | tr ' ' '\\n' | grep -e echo$ -e onlcr; stty sane; exit\n`,
    );
    await terminal.child.exited;
    expect(terminal.shown).toContain("-echo");
    expect(terminal.shown.split("exit").at(-1)).not.toContain("statexec");
    expect(terminal.shown).toMatch(/\n-onlcr\n/);
  });

  test("asks for a password on /dev/tty, without output of statexec in between", async () => {
    using folder = tempFolder();
    const ask = 'read -r -s -p "Password: " word </dev/tty; echo; echo "word=$word"';
    const terminal = new Terminal([BIN, "-f", folder.file("run.prom"), "bash", "-c", ask]);
    await terminal.shows(/Password: /);
    terminal.type("secret\n");
    expect(await terminal.child.exited).toBe(0);
    expect(terminal.shown).toBe("Password: \r\nword=secret\r\n");
  });

  test("notices a new size of the terminal", async () => {
    using folder = tempFolder();
    const watch = "trap 'stty size; kill $!' WINCH; stty size; sleep 100 & echo began; wait; exit 0";
    const terminal = new Terminal([BIN, "-f", folder.file("run.prom"), "sh", "-c", watch], { columns: 80, rows: 24 });
    await terminal.shows(/24 80\r\nbegan\r\n/);
    terminal.resize(101, 33);
    await terminal.shows(/33 101\r\n/);
    expect(await terminal.child.exited).toBe(0);
  });

  test("has the caller's terminal on all three standard descriptors", async () => {
    using folder = tempFolder();
    const look = "tty; test -t 0 && test -t 1 && test -t 2 && readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2";
    const terminal = new Terminal([BIN, "-f", folder.file("run.prom"), "sh", "-c", look]);
    expect(await terminal.child.exited).toBe(0);
    const names = terminal.shown.trim().split("\r\n");
    expect(names).toEqual(Array(4).fill(names[0]));
  });
});

/** Resolves when the terminal's foreground group has a sleeping process: a key typed earlier may be lost. */
async function sleeping(terminal: Terminal): Promise<void> {
  for (;;) {
    const stat = readFileSync(`/proc/${terminal.child.pid}/stat`, "latin1");
    const group = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[5]!;
    const found = Bun.spawnSync(["pgrep", "-g", group, "-r", "S", "-x", "sleep"]);
    if (found.exitCode === 0) return;
  }
}
