import { findOption, OPTIONS } from "../cli/options.ts";
import { CommandError } from "../errors.ts";
import { fileStatus, mayAccess, SystemError } from "../os/files.ts";

/** execvp(3) searches these without a PATH. */
const DEFAULT_PATH = "/bin:/usr/bin";

/** A command that can be started. */
export interface ResolvedCommand {
  /** The file to execute. */
  readonly path: string;
  /** The words as typed, the name first. */
  readonly argv: readonly string[];
}

/**
 * Finds the command as execvp(3) does, by `name`: the first word, with bytes that the runtime's text of it may lack.
 * Throws CommandError: not found, or not executable.
 */
export function resolveCommand(
  argv: readonly string[],
  path: string | undefined,
  name: string = argv[0] ?? "",
): ResolvedCommand {
  if (name.includes("/")) {
    const verdict = judge(name);
    if (verdict === "executable") return { path: name, argv };
    throw refusal(name, verdict, name);
  }
  let unusable: { readonly file: string; readonly verdict: Verdict } | undefined;
  for (const folder of name === "" ? [] : (path ?? DEFAULT_PATH).split(":")) {
    const file = folder === "" ? `./${name}` : `${folder}/${name}`;
    const verdict = judge(file);
    if (verdict === "executable") return { path: file, argv };
    if (verdict !== "absent") unusable ??= { file, verdict };
  }
  if (unusable) throw refusal(name, unusable.verdict, unusable.file);
  throw new CommandError(name === "" ? "the command is an empty word" : notFound(name), "not found");
}

/** The message for a name that is in no folder of PATH; other programs have words for what statexec has options for. */
function notFound(name: string): string {
  const option = /^[a-z-]+$/.test(name) ? findOption(`--${name}`) : undefined;
  const advice =
    option && OPTIONS[option].kind === "mode"
      ? `did you mean statexec ${OPTIONS[option].flag}?`
      : "check the name, or give its path";
  return `${name}: not found in PATH; ${advice}`;
}

type Verdict = "executable" | "absent" | "directory" | "no permission" | { readonly reason: string };

function judge(file: string): Verdict {
  try {
    const status = fileStatus(file);
    if (!status) return "absent";
    if (status.kind === "directory") return "directory";
    return mayAccess(file, "execute") ? "executable" : "no permission";
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.code === "EACCES" ? "no permission" : { reason: error.reason };
  }
}

function refusal(name: string, verdict: Verdict, file: string): CommandError {
  const which = file === name ? name : `${name} (${file})`;
  if (verdict === "absent") return new CommandError(`${which}: there is no such file`, "not found");
  if (verdict === "directory") return new CommandError(`${which}: is a directory, not a command`, "not executable");
  if (verdict === "no permission")
    return new CommandError(`${which}: no permission to execute it; try chmod +x ${file}`, "not executable");
  return new CommandError(`${which}: ${(verdict as { reason: string }).reason}`, "not executable");
}

/** Returns what starts us again with these words, from the binary or from sources. */
export function ownCommand(words: readonly string[]): ResolvedCommand {
  const { execPath: path } = process;
  const isBinary = Bun.main.startsWith("/$bunfs/");
  const own = isBinary ? ["statexec"] : [path, "--config=/dev/null", "--no-env-file", Bun.main];
  return { path, argv: [...own, ...words] };
}
