import { OutputError } from "../errors.ts";
import { closeFile, fileStatus, linkStatus, O_RDONLY, openFile, readRange, SystemError } from "../os/files.ts";
import { O_NONBLOCK } from "../os/owned-files.ts";
import { nameOf } from "./part-file.ts";

/* What a symlink at an output's own name leads to: the link may have come with a checkout, and not from the user. */

/**
 * Throws OutputError where a symlink leads to a file that is not like ours, or would make a new one of another kind.
 * `target` is the path behind all links, `option` the flag of the link's path.
 */
export function checkLinked(link: string, target: string, option: string): void {
  const isThere = linkStatus(target) !== undefined;
  if (isThere ? isLikeOurs(target) : isSameKindOfName(link, target)) return;
  throw refusedLink(link, target, option, isThere ? "a file that statexec has not made" : OTHER_KIND);
}

/** Throws OutputError where a symlink leads to a file of another kind. What is in the file may be any text. */
export function checkLinkedName(link: string, target: string, option: string): void {
  if (!isSameKindOfName(link, target)) throw refusedLink(link, target, option, OTHER_KIND);
}

const OTHER_KIND = "which is hidden or has another ending";

function refusedLink(link: string, target: string, option: string, why: string): OutputError {
  return new OutputError(
    `${link}: is a symlink to ${target}, ${why}; remove the link, or name the file itself with ${option}`,
  );
}

/** Whether a new file may be made where a link leads: not a hidden one, and with the ending of the link's name. */
function isSameKindOfName(link: string, target: string): boolean {
  return !nameOf(target).startsWith(".") && endingOf(link) === endingOf(target);
}

function endingOf(path: string): string | undefined {
  return /(\.[^.]*)?$/.exec(nameOf(path))?.[0];
}

const HEAD_BYTES = 4096;

/** The first bytes of compressed files, as latin1. */
const PACKED: Readonly<Record<string, string>> = { gz: "\x1f\x8b", zst: "\x28\xb5\x2f\xfd" };

/** Whether a regular file is empty, or begins as a metrics file, a page or a summary; what cannot be read does not. */
function isLikeOurs(path: string): boolean {
  try {
    const fd = openFile(path, O_RDONLY | O_NONBLOCK);
    try {
      return fileStatus(fd)?.kind === "file" && isHeadOfOurs(path, fd);
    } finally {
      closeFile(fd);
    }
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}

function isHeadOfOurs(path: string, fd: number): boolean {
  const bytes = new Uint8Array(HEAD_BYTES);
  const size = readRange(fd, 0, bytes, HEAD_BYTES);
  // A TextDecoder for latin1 is one for windows-1252, in which some bytes become others.
  const head = Buffer.from(bytes.buffer, 0, size).toString("latin1");
  const [, ending = ""] = /\.(?:prom|html|json)\.(gz|zst)$/.exec(path) ?? [];
  if (head === "" || (PACKED[ending] !== undefined && head.startsWith(PACKED[ending]))) return true;
  if (/^# (TYPE|HELP|UNIT|EOF)\b/.test(head) || /^\{\s*"version": \d+,\s*"metrics_file":/.test(head)) return true;
  return /^<!doctype html>/i.test(head) && head.includes("statexec");
}
