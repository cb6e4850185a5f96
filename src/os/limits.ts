import { failed, libc } from "./libc.ts";

/** Numbers of the limits that we raise for ourselves, getrlimit(2). */
export const LIMIT = { cpu: 0, fileSize: 1, data: 2, stack: 3, openFiles: 7, addressSpace: 9 } as const;

/** A limit of a process; one that is unlimited has all bits set. */
export interface ResourceLimit {
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
}

const memory = new BigUint64Array(2);
/** The same in 32-bit words: to compare them makes no garbage. */
const words = new Uint32Array(memory.buffer);

/** Returns a limit of this process. Throws SystemError. */
export function resourceLimit(resource: number): ResourceLimit {
  if (libc.getrlimit(resource, memory) < 0) throw failed("getrlimit");
  return { resource, soft: memory[0]!, hard: memory[1]! };
}

/** Throws SystemError. */
function setResourceLimit({ resource, soft, hard }: ResourceLimit): void {
  memory[0] = soft;
  memory[1] = hard;
  if (libc.setrlimit(resource, memory) < 0) throw failed("setrlimit");
}

/** The runtime raises that of open files itself, before our first line. */
const RAISED = [LIMIT.cpu, LIMIT.fileSize, LIMIT.data, LIMIT.addressSpace];

/** Raises this process's soft limits to the hard ones: a caller's are for the command. Returns those that were lower. */
export function raiseLimits(): ResourceLimit[] {
  const before: ResourceLimit[] = [];
  for (const resource of RAISED) {
    const limit = resourceLimit(resource);
    if (limit.soft === limit.hard) continue;
    setResourceLimit({ ...limit, soft: limit.hard });
    before.push(limit);
  }
  return before;
}

/** Runs `action` with the soft limits of others. Throws SystemError. */
export function withSoftLimits<T>(limits: readonly ResourceLimit[], action: () => T): T {
  const before = limits.map(({ resource }) => resourceLimit(resource));
  try {
    // Our own hard limit, which may have been lowered since.
    for (const [i, { soft }] of limits.entries())
      setResourceLimit({ ...before[i]!, soft: least(soft, before[i]!.hard) });
    return action();
  } finally {
    for (const limit of before) setResourceLimit(limit);
  }
}

/** Of open files, as we found or set it; undefined: not yet asked. */
let ownFiles: ResourceLimit | undefined;
let ownFilesWords = new Uint32Array(4);

/**
 * Raises our limit of open files again where somebody has lowered it since the first call, as prlimit(1) by the command's
 * script does: what is recorded must not depend on that. Without the right to raise the hard one, as far as that.
 * Returns whether it was raised.
 */
export function keepFileLimit(): boolean {
  if (libc.getrlimit(LIMIT.openFiles, memory) < 0) return false;
  if (!ownFiles) {
    ownFiles = { resource: LIMIT.openFiles, soft: memory[0]!, hard: memory[1]! };
    ownFilesWords = words.slice();
    return false;
  }
  if (words[0] === ownFilesWords[0] && words[1] === ownFilesWords[1]) return false;
  const soft = memory[0]!;
  const hard = memory[1]!;
  if (soft >= ownFiles.soft) return false;
  memory[0] = ownFiles.soft;
  memory[1] = ownFiles.hard;
  if (libc.setrlimit(LIMIT.openFiles, memory) === 0) return true;
  memory[0] = least(hard, ownFiles.soft);
  memory[1] = hard;
  return soft < hard && libc.setrlimit(LIMIT.openFiles, memory) === 0;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
