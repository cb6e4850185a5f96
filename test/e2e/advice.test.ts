import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

test("a command that a message names works as it stands, also with a path of odd characters", async () => {
  using folder = tempFolder();
  const place = folder.file("it's a $HOME; `x`");
  mkdirSync(place);
  // The file's place is a folder by the end of the command: what was recorded is kept in the journal.
  const run = ["--interval", "0.05", "-f", `${place}/run.prom`, "sh", "-c", "sleep 1.2; mkdir run.prom"];
  const { code, stderr } = await statexec(run, { cwd: place });
  expect(code).toBe(125);
  const [, command] = /: (statexec --recover .*)$/m.exec(stderr) ?? [];
  const script = `statexec() { '${BIN}' "$@"; }\nrmdir run.prom\n${command}`;
  expect(await runProgram(["sh", "-c", script], { cwd: place })).toMatchObject({ code: 0 });
  expect(await Bun.file(`${place}/run.prom`).text()).toContain("# EOF");
});
