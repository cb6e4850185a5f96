import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { forms, program } from "../helpers/programs.ts";
import { cleanEnv, tempFolder } from "../helpers/statexec.ts";

/** A way to start a command: a script in which `RUN` is the command, with or without statexec before it. */
interface Caller {
  readonly script: string;
  /** Files of the working directory. */
  readonly files?: Record<string, string>;
}

const LAUNCH = program("launch");
const SIGNALS = Array.from({ length: 64 }, (_, i) => i + 1);

/** Returns the option for each number, without those in `but`. */
function each(numbers: readonly number[], option: string, but: readonly number[]): string {
  return numbers
    .filter((number) => !but.includes(number))
    .map((number) => `${option} ${number}`)
    .join(" ");
}

const CALLERS: Record<string, Caller> = {
  plain: { script: "RUN" },
  "with arguments": { script: `RUN a 'b  c' '' -- --version '\n' '€' ''` },
  nohup: { script: "nohup RUN" },
  "trap '' of one signal": { script: "trap '' TERM; RUN" },
  "trap '' of many signals": { script: "trap '' HUP INT QUIT TERM USR1 USR2 ALRM TSTP TTIN TTOU WINCH; RUN" },
  "trap '' of PIPE and XFSZ, which the runtime ignores too": { script: "trap '' PIPE XFSZ; RUN; :" },
  "real-time signals ignored": { script: `${LAUNCH} -i 34 -i 64 RUN` },
  "a background job of a script": { script: "RUN & wait $!" },
  "ulimit -n 256": { script: "ulimit -n 256; RUN; :" },
  "ulimit -S -n 1024, the hard one higher": { script: "ulimit -S -n 1024; RUN; :" },
  "ulimit -S -n 300 under ulimit -H -n 700": { script: "ulimit -S -n 300; ulimit -H -n 700; RUN; :" },
  "other limits": { script: "ulimit -c 0; ulimit -S -s 4096; ulimit -S -t 1000; ulimit -S -f 100000; RUN; :" },
  "descriptor 9 open": { script: "exec 9<&0 8>>eight 7<>seven; RUN" },
  "a high descriptor": { script: "bash -c 'exec 250<.; exec \"$@\"' - RUN" },
  "descriptors 3 to 8 open": { script: "exec 3<. 4<. 5<. 6<. 7<. 8<.; RUN" },
  "closed stdin": { script: "RUN <&-" },
  "closed stdout": { script: "RUN >&-" },
  "closed stderr": { script: "RUN 2>&-" },
  "all of them closed": { script: "RUN <&- >&- 2>&-" },
  "closed stdin, descriptor 9 open, HUP ignored": { script: "trap '' HUP; exec 9<.; RUN <&-" },
  "stdin, stdout and stderr of their own": { script: "RUN <in >>out 2>err", files: { in: "x" } },
  "blocked signals": { script: `${LAUNCH} -b 1 -b 2 -b 15 -b 10 -b 34 -b 64 RUN` },
  "SIGCHLD blocked": { script: `${LAUNCH} -b 17 RUN` },
  "every signal blocked but PWR, the runtime's own": { script: `${LAUNCH} ${each(SIGNALS, "-b", [30])} RUN` },
  "signals blocked and ignored": { script: `${LAUNCH} -b 1 -b 17 -i 1 -i 10 RUN` },
  "no JIT compiler, so that the C library cannot be used": { script: "BUN_JSC_useJIT=0 RUN a '' -- '€'" },
  "no JIT compiler, descriptors 3, 4 and 9 open, 1 closed, HUP and PIPE ignored, INT blocked": {
    script: `trap '' HUP PIPE; exec 3<. 4<. 9<.; BUN_JSC_useJIT=0 ${LAUNCH} -b 2 RUN >&-; :`,
  },
  "no JIT compiler, words and variables that are no UTF-8": {
    script: String.raw`ODD="$(printf '\377')" BUN_JSC_useJIT=no RUN -- "$(printf '\377\376')" "$(printf 'a\303')"`,
  },
  "variables of the runtime": {
    script:
      "BUN_OPTIONS=--smol BUN_INSPECT= BUN_GC_TIMER_INTERVAL=x BUN_FEATURE_FLAG_NO_ORPHANS=1 NODE_OPTIONS=--none RUN",
  },
  ".env in the folder": { script: "RUN", files: { ".env": "LEAKED=1\nPATH=/no\n", ".env.local": "LEAKED2=1\n" } },
  "bunfig.toml in the folder": {
    script: "RUN",
    files: { "bunfig.toml": 'preload = ["./evil.ts"]\n', "evil.ts": "process.env.EVIL = '1'; console.log('evil');" },
  },
  "broken package.json and tsconfig.json in the folder": {
    script: "RUN",
    files: { "package.json": "{", "tsconfig.json": "{" },
  },
  "arguments that are no UTF-8": {
    script: [String.raw`RUN "$(printf '\377\376')" "$(printf 'a\303')" "$(printf '\355\240\200')"`]
      .concat(String.raw`"$(printf '\360\237\216x')" "$(printf '\357\277\275')" "$(printf '\300\200\200')" plain`)
      .join(" "),
  },
  "values that are no UTF-8": { script: String.raw`export ODD="$(printf '\377=\376')"; RUN` },
  "a command line like the package's own": { script: "RUN -- index.ts -- --" },
  "entries that are no assignment": { script: `${LAUNCH} -E nothing -E =x -E == -E '' RUN` },
  "a name twice": { script: `${LAUNCH} -E A=1 -E B=2 -E A=3 RUN` },
  "empty values and names of all kinds": {
    script: `${LAUNCH} -E E= -E 'a b=c d' -E 1=2 -E é=ü -E 'BASH_FUNC_f%%=() { :; }' RUN`,
  },
  umask: { script: "umask 0127; RUN" },
  nice: { script: "nice -n 7 RUN" },
  "chrt --batch, ionice": { script: "chrt --batch 0 ionice -c 3 RUN" },
  "one CPU": { script: "taskset 1 RUN" },
  "another folder": { script: "mkdir -p 'a b'; cd 'a b'; RUN" },
  "a folder by a symlink": { script: "ln -sfn . link; cd link; RUN" },
  "PATH unset": { script: "unset PATH; RUN" },
  "PATH empty": { script: "PATH= RUN" },
  "an environment of 60 KB, HUP ignored": {
    script: "trap '' HUP; BIG=$(head -c 60000 /dev/zero | tr '\\0' x); export BIG; RUN",
  },
  "an empty environment": { script: `${LAUNCH} -C RUN` },
  "another user, without rights": {
    script: "setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all RUN",
  },
  "with securebits and ambient rights": {
    script: "setpriv --inh-caps=+kill --ambient-caps=+kill --securebits=+noroot RUN",
  },
  "a process group of its own": { script: "set -m; RUN" },
  "timeout(1)": { script: "timeout 60 RUN" },
  "personality without randomised addresses": { script: "setarch -R RUN" },
  oom_score_adj: { script: "choom -n 500 -- RUN" },
  "variables of the runtime's": {
    script:
      "export NODE_OPTIONS=--no-warnings NODE_ENV=production BUN_INSTALL=/no BUN_CONFIG_X=1 TZ=UTC FORCE_COLOR=1; RUN",
  },
};

describe.each(forms())("the command's world through the $form is the caller's", ({ path }) => {
  test.each(Object.entries(CALLERS))("%s", async (_, { script, files = {} }) => {
    using folder = tempFolder();
    const work = folder.file("work");
    mkdirSync(work);
    for (const each of [folder.path, work]) chmodSync(each, 0o777);
    for (const [name, content] of Object.entries(files)) writeFileSync(`${work}/${name}`, content);
    const dump = folder.file("dump");
    const command = `${program("dump")} ${dump}`;
    const once = (words: string, kept: string) =>
      `(${script.replace("RUN", words)}\n)\nmv ${dump} ${folder.file(kept)}`;
    const lines = [once(command, "bare"), once(`${path} -f ${folder.file("run.prom")} ${command}`, "wrapped")].join(
      "\n",
    );
    const words = ["dash", "-c", lines];
    const shell = Bun.spawn(words, { cwd: work, env: cleanEnv(), stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    expect(await shell.stderr.text()).toBe("");
    const dumped = (kept: string) => readFileSync(folder.file(kept), "latin1").split("\n");
    expect(dumped("wrapped")).toEqual(dumped("bare"));
    expect(dumped("bare").length).toBeGreaterThan(50);
  });
});
