import { isAbsent, makeFolder, SystemError } from "../os/files.ts";

/*
 * Where the files of a run go when their own folder is gone, full or read-only. Other users may see the first of them, so
 * that files in both are readable by us alone.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the folders, best first: $TMPDIR, and $XDG_STATE_HOME/statexec, which may not exist yet. */
export function fallbackFolders(env: Environment = process.env): string[] {
  const state = stateFolder(env);
  return [env.TMPDIR || "/tmp", ...(state === undefined ? [] : [state])];
}

/** As the XDG base directory specification has it: a relative path does not count. */
function stateFolder({ XDG_STATE_HOME: state, HOME: home }: Environment): string | undefined {
  if (state?.startsWith("/")) return `${state}/statexec`;
  return home?.startsWith("/") ? `${home}/.local/state/statexec` : undefined;
}

/** Makes one of the folders, if it is ours to make, and those above it where they are missing. Throws SystemError. */
export function makeFallbackFolder(folder: string, env: Environment = process.env): void {
  if (folder === stateFolder(env)) makeFolders(folder);
}

function makeFolders(path: string): void {
  if (path === "" || !isAbsent(path)) return;
  makeFolders(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  try {
    makeFolder(path, 0o700);
  } catch (error) {
    // Another run may have made it meanwhile.
    if (!(error instanceof SystemError) || error.code !== "EEXIST") throw error;
  }
}
