import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BIN, runProgram, tempFolder } from "../helpers/statexec.ts";

/** Stand-ins for what a reader has and this machine may not: they work for a moment, and say something. */
const BUSY = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done\n";
const PROGRAMS: Readonly<Record<string, string>> = {
  make: `${BUSY}echo made "$@"\n`,
  // Over a second, so that there is a sample while it runs.
  npm: `${BUSY}sleep 1.2; echo "Checked 500 files in 600ms. No fixes applied."\n`,
  ping: "echo pinged\n",
  dd: "echo copied\n",
};

/** Where a document's lines are typed: a folder and a HOME with nothing in them, and what its text presumes. */
export class World {
  private readonly folder = tempFolder();
  readonly cwd = this.folder.file("project");
  readonly env: Record<string, string>;

  constructor() {
    const programs = this.folder.file("programs");
    for (const path of [programs, this.cwd, this.folder.file("home"), join(this.cwd, "results")]) mkdirSync(path);
    for (const [name, script] of Object.entries(PROGRAMS)) {
      writeFileSync(join(programs, name), `#!/bin/sh\n${script}`);
      chmodSync(join(programs, name), 0o755);
    }
    writeFileSync(join(this.cwd, "token"), "secret\n");
    const PATH = `${programs}:${dirname(BIN)}:${process.env.PATH}`;
    this.env = { PATH, HOME: this.folder.file("home"), LANG: "C.UTF-8", COLUMNS: "80", SE_SUMMARY: "1", CI: "true" };
  }

  /** Types a line, as into a shell that has just been opened. */
  async type(line: string): Promise<{ status: number | null; said: string }> {
    const { code, stdout, stderr } = await runProgram(["bash", "--norc", "-c", line], this);
    return { status: code, said: stderr + stdout };
  }

  /** Types a line that shows something until Ctrl-C, and gives that once it says where. */
  async typeUntilShown(line: string): Promise<{ status: number | null; said: string }> {
    const words = ["bash", "--norc", "-c", `exec ${line}`];
    const child = Bun.spawn(words, {
      cwd: this.cwd,
      env: { ...process.env, ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for await (const bytes of child.stdout) {
      said += new TextDecoder().decode(bytes);
      if (/http:\/\/127\.0\.0\.1:\d+\/.*\n/.test(said)) child.kill("SIGINT");
    }
    await child.exited;
    return { status: child.signalCode === "SIGINT" ? 0 : child.exitCode, said };
  }

  /** Records what a text presumes: earlier runs, by the names that they have there. */
  async prepare(text: string): Promise<void> {
    const run = "--quiet --interval 0.05 -- make";
    for (const name of ["base", "new", "old", "main", "run", "a", "b", "new1", "new2"])
      if (new RegExp(`\\b${name}\\.prom`).test(text)) await this.type(`statexec -f ${name}.prom ${run}`);
    await this.type(`statexec ${run} && cp statexec_metrics.prom results/`);
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}
