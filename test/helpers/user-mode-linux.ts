import { chmodSync, writeFileSync } from "node:fs";
import { runProgram, tempFolder } from "./statexec.ts";
import { isMissing } from "./validators.ts";

/** Words that begin a kernel with the files of this machine as its own, and a program of ours as its first process. */
const KERNEL = ["linux.uml", "mem=512M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", "quiet"];
const CONSOLE = ["con=null", "con0=fd:0,fd:1"];

/** What each script finds: control groups of version 2 with every controller at hand, which few test machines have. */
const PROLOGUE = `#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs tmp /run; mount -t tmpfs tmp /mnt; cd /mnt
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin C=/sys/fs/cgroup
`;

/** A script's end is the machine's, whatever the script did. */
const EPILOGUE = "\nsync; poweroff -f 2>/dev/null || echo o >/proc/sysrq-trigger; sleep 60\n";

const BEGIN = "-- user-mode linux begins --";

/** What that kernel says when its first process ended by SIGSEGV; one that does well ends it by another panic. */
const FIRST_PROCESS_FAULTED = "exitcode=0x0000000b";

/**
 * Whether scripts cannot be run so: no kernel is installed, or none of its programs can run on this CPU. Linux 6.1 knows
 * no register state as large as that of CPUs with AMX, and ends whatever it starts there: no installation mends that.
 */
export function noUserModeLinux(): boolean {
  if (isMissing("userModeLinux")) return true;
  const words = [...KERNEL, ...CONSOLE, "init=/bin/true", "panic=-1"];
  const { stdout, stderr } = Bun.spawnSync(words, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const fails = `${stdout}${stderr}`.includes(FIRST_PROCESS_FAULTED);
  if (fails) console.error("User-Mode Linux cannot run programs on this CPU: tests that need it are skipped");
  return fails;
}

/**
 * Runs a script of sh's as the first process of a Linux 6.1 of its own, as root in the root group of cgroup version 2;
 * what it printed. It sees the files of this machine; its working directory is in memory and goes with it. A file `disk` is
 * its /dev/ubda.
 */
export async function inUserModeLinux(
  script: string,
  env: Readonly<Record<string, string>>,
  disk: string,
): Promise<string> {
  using folder = tempFolder();
  const init = folder.file("init");
  const exports = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
  writeFileSync(init, `${PROLOGUE}${exports.join("\n")}\necho '${BEGIN}'\n${script}\n${EPILOGUE}`);
  chmodSync(init, 0o755);
  const { stdout, stderr } = await runProgram([
    ...KERNEL,
    ...[`init=${init}`, `ubd0=${disk}`, `uml_dir=${folder.path}`],
    ...CONSOLE,
  ]);
  const [, printed] = stdout.replaceAll("\r", "").split(`${BEGIN}\n`);
  if (printed === undefined) throw new Error(`the kernel did not come up: ${stdout}${stderr}`);
  return printed;
}
