import { cString, failed, loadLibc } from "./libc.ts";

const libc = loadLibc({
  mkdir: { args: ["ptr", "u32"], returns: "int" },
  rmdir: { args: ["ptr"], returns: "int" },
});

/** mkdir(2). Throws SystemError. */
export function makeFolder(path: string): void {
  if (libc.mkdir(cString(path), 0o755) < 0) throw failed("mkdir", path);
}

/** rmdir(2); one that is gone already is well. Throws SystemError. */
export function removeFolder(path: string): void {
  if (libc.rmdir(cString(path)) < 0) {
    const error = failed("rmdir", path);
    if (error.code !== "ENOENT") throw error;
  }
}
