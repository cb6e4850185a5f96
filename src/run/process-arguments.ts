import { readWhole, SystemError } from "../os/files.ts";

/** More of one process' arguments is cut off. */
const MOST_BYTES = 4096;

/** In the place of what may be a secret. */
const MASK = "…";

/** An option or a variable whose value may be a secret: `--password`, `API_KEY`. */
const SECRET_NAME = /^[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[-_]?key|credentials?)(?:[-_][\w-]*)?$/i;
/** What stands before the secret in a header. */
const SECRET_HEADER = /^((?:proxy-)?authorization|cookie|x-[\w-]*(?:token|key))\s*:.*$/is;
/** A password in an address. */
const PASSWORD = /(\/\/[^\s/:@]*:)[^\s/@]+@/g;

/**
 * Returns the arguments of a process that lives, its program's first, without what may be a secret, by proc_pid_cmdline(5);
 * undefined: it has none, as between its exec and its start, or they may not be read.
 */
export function processArguments(pid: number): readonly string[] | undefined {
  try {
    const bytes = readWhole(`/proc/${pid}/cmdline`);
    if (bytes.length === 0) return undefined;
    const isCut = bytes.length > MOST_BYTES;
    const words = new TextDecoder().decode(bytes.subarray(0, MOST_BYTES)).split("\0");
    // Each ends with a zero byte.
    if (words.at(-1) === "") words.pop();
    return withoutSecretValues(isCut ? [...words, MASK] : words);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

/**
 * Masks the values of options, variables and headers whose names speak of a secret, and passwords in addresses. A secret in any
 * other place stays: who passes such leaves arguments out (--no-record-args).
 */
export function withoutSecretValues(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const before = words[i - 1];
    if (i > 1 && before?.startsWith("-") && SECRET_NAME.test(before) && !word.startsWith("-")) return MASK;
    const equals = word.indexOf("=");
    if (equals > 0 && SECRET_NAME.test(word.slice(0, equals))) return `${word.slice(0, equals + 1)}${MASK}`;
    return word.replace(SECRET_HEADER, `$1: ${MASK}`).replace(PASSWORD, `$1${MASK}@`);
  });
}
