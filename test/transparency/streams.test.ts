import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { forms } from "../helpers/programs.ts";
import { type RunResult, runProgram, tempFolder } from "../helpers/statexec.ts";

/** Runs a bash script in a folder of its own; `S` in it is statexec. */
async function script(form: { path: string }, text: string, files: Record<string, string> = {}) {
  using folder = tempFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(folder.file(name), content);
  const env = { S: `${form.path} -f run.prom` };
  return await runProgram(["bash", "-c", text], { cwd: folder.path, env });
}

const done = (stdout: string): RunResult => ({ code: 0, signal: null, stdout, stderr: "" });

describe.each(forms())("streams through the $form", (form) => {
  test("yes | head: the writer ends by SIGPIPE", async () => {
    const result = await script(form, 'set +m; $S yes | head -n 2; echo "$PIPESTATUS"; yes | $S head -n 1');
    expect(result).toEqual(done("y\ny\n141\ny\n"));
  });

  test("64 MiB pass unchanged", async () => {
    const text = "head -c 67108864 /dev/urandom >in; $S cat <in | cmp - in && cat in | $S cat >out && cmp in out";
    expect(await script(form, text)).toEqual(done(""));
  });

  test("all bytes pass from stdin to stdout and stderr", async () => {
    const text = String.raw`bytes() { for i in {0..255}; do printf "\\x$(printf %x $i)"; done; }
      bytes | $S tee /dev/stderr 2>err >out; bytes >in; cmp in out && cmp in err && echo same`;
    expect(await script(form, text)).toEqual(done("same\n"));
  });

  test("make -j lends its jobs to a make under statexec", async () => {
    const styles = (await script(form, "make --help")).stdout.includes("jobserver-style");
    const outer = "all: ; +@$(S) $(MAKE) --no-print-directory -f inner all";
    const inner = "all: a b\na b: ; @echo $@";
    const make = `make ${styles ? "--jobserver-style=pipe " : ""}--no-print-directory -j3 -f outer | sort`;
    expect(await script(form, make, { outer, inner })).toEqual(done("a\nb\n"));
  });

  test("flock 9 locks what the caller opened", async () => {
    const text =
      "exec 9>lock; $S flock -n 9; flock -n lock true || echo held; exec 9>&-; flock -n lock true && echo free";
    expect(await script(form, text)).toEqual(done("held\nfree\n"));
  });

  test("<(…) and >(…) work", async () => {
    const text =
      "$S cat <(echo one) <(echo two); $S tee >(cat >copy) <<<three; until [ -s copy ]; do :; done; cat copy";
    expect(await script(form, text)).toEqual(done("one\ntwo\nthree\nthree\n"));
  });

  test("the file is whole although the command makes the shared stdout non-blocking", async () => {
    const fill = "import os; os.set_blocking(1, False); os.write(1, b'x' * 65000)";
    const text = `S="\${S% *} -"; { $S python3 -c "${fill}"; touch done; } | { head -c 65000 >/dev/null; tail -n 1; }`;
    expect(await script(form, text)).toEqual(done("# EOF\n"));
  });
});
