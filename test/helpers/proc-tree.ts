import { readdirSync } from "node:fs";
import { ForbiddenError } from "../../src/errors.ts";
import type { ProcFs } from "../../src/proc/procfs.ts";

/** Where the recorded trees are, one folder a kernel. */
const RECORDED = new URL("../fixtures/proc/", import.meta.url).pathname;

/** The names of the recorded trees, sorted. */
export function recordedTrees(): string[] {
  return readdirSync(RECORDED).sort();
}

/** The folder of a recorded tree: the root for `kernelFs`. */
export function recordedTree(name: string): string {
  return RECORDED + name;
}

/** A scripted /proc and /sys from paths and texts: `procTree({ "/proc/stat": "cpu …" })`. */
export function procTree(files: Readonly<Record<string, string>> = {}): ProcTree {
  const tree = new ProcTree();
  for (const [path, text] of Object.entries(files)) tree.set(path, text);
  return tree;
}

/** /proc and /sys in memory, to be changed between ticks. As strict as the real reader: a view dies with the next read. */
export class ProcTree implements ProcFs {
  private readonly files = new Map<string, Uint8Array>();
  private readonly folders = new Set<string>();
  private readonly forbidden = new Set<string>();
  private readonly reads = new Map<string, number>();
  private readonly buffer = new Uint8Array(1 << 20);
  private view = this.buffer.subarray(0, 0);

  /** Adds a file, or changes its content. */
  set(path: string, content: string | Uint8Array): this {
    this.files.set(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return this;
  }

  /** Adds an empty folder; those of files are there by themselves. */
  folder(path: string): this {
    this.folders.add(path);
    return this;
  }

  /** Takes a file, or a folder with all that is in it, away. */
  remove(path: string): this {
    for (const paths of [this.files, this.folders])
      for (const each of [...paths.keys()]) if (each === path || each.startsWith(`${path}/`)) paths.delete(each);
    return this;
  }

  /** From now on the kernel refuses this file or folder, as to another user. */
  forbid(path: string): this {
    this.forbidden.add(path);
    return this;
  }

  allow(path: string): this {
    this.forbidden.delete(path);
    return this;
  }

  /** How often a file was asked for. */
  readsOf(path: string): number {
    return this.reads.get(path) ?? 0;
  }

  read(path: string): Uint8Array | undefined {
    this.reads.set(path, this.readsOf(path) + 1);
    this.check(path);
    const content = this.files.get(path);
    if (content === undefined) return undefined;
    this.buffer.fill(0x21, 0, this.view.length);
    this.buffer.set(content);
    if (this.view.length !== content.length) this.view = this.buffer.subarray(0, content.length);
    return this.view;
  }

  list(path: string): readonly string[] | undefined {
    this.check(path);
    const names = new Set<string>();
    for (const paths of [this.files, this.folders])
      for (const each of paths.keys())
        if (each.startsWith(`${path}/`)) names.add(each.slice(path.length + 1).split("/")[0]!);
    return names.size > 0 || this.folders.has(path) ? [...names] : undefined;
  }

  exists(path: string): boolean {
    for (const each of this.forbidden) if (path.startsWith(`${each}/`)) return false;
    return this.files.has(path) || this.list(path) !== undefined;
  }

  private check(path: string): void {
    for (const each of this.forbidden) if (path === each || path.startsWith(`${each}/`)) throw new ForbiddenError(path);
  }
}
