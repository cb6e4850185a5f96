import type { ProcessTree } from "./process-tree.ts";

const KB_PER_PAGE = 4;

/** The pages of a process. A page is a number, the same in all that map it. */
interface Pages {
  anonymous: Set<number>;
  shared: Set<number>;
  file: number;
}

/** The memory of a process tree, page by page: shared pages, copies on write, and the true sum. */
export class PageModel {
  private readonly all = new Map<number, Pages>();
  private next = 0;

  constructor(readonly kernel: ProcessTree) {}

  /** Bytes that the processes hold together, without those of files. */
  get truth(): number {
    const union = new Set<number>();
    for (const { anonymous, shared } of this.all.values())
      for (const page of [...anonymous, ...shared]) union.add(page);
    return union.size * KB_PER_PAGE * 1024;
  }

  /** A process begins with a program of its own. */
  begin(pid: number): void {
    this.all.set(pid, { anonymous: this.fresh(5), shared: new Set(), file: 20 });
    this.publish();
  }

  fork(parent: number): number {
    const { anonymous, shared } = this.of(parent);
    const pid = this.kernel.copy(parent, { minorFaults: 1 });
    this.all.set(pid, { anonymous: new Set(anonymous), shared: new Set(shared), file: 5 });
    this.publish();
    return pid;
  }

  execute(pid: number): void {
    this.kernel.execute(pid);
    this.begin(pid);
  }

  /** A process takes pages, one a fault. */
  take(pid: number, count: number): void {
    for (const page of this.fresh(count)) this.of(pid).anonymous.add(page);
    this.fault(pid, count);
  }

  /** A process writes to some of its pages; those that others map, too, are copied. */
  write(pid: number, count: number): void {
    const { anonymous } = this.of(pid);
    const copied = [...anonymous].slice(0, count).filter((page) => this.mappedBy(page) > 1);
    for (const page of copied) anonymous.delete(page);
    for (const page of this.fresh(copied.length)) anonymous.add(page);
    this.fault(pid, copied.length);
  }

  /** A process maps pages of the one shared object, from its start on, sixteen a fault. */
  map(pid: number, count: number): void {
    const { shared } = this.of(pid);
    const before = shared.size;
    for (let page = 1; page <= count; page++) shared.add(-page);
    this.fault(pid, Math.ceil((shared.size - before) / 16));
  }

  /** A process gives back some of its anonymous pages, and all shared ones. */
  drop(pid: number, count: number): void {
    const { anonymous, shared } = this.of(pid);
    for (const page of [...anonymous].slice(0, count)) anonymous.delete(page);
    shared.clear();
    this.publish();
  }

  exit(pid: number): void {
    this.all.delete(pid);
    this.kernel.end(pid);
    this.publish();
  }

  private of(pid: number): Pages {
    const pages = this.all.get(pid);
    if (!pages) throw new Error(`the model has no pages of ${pid}`);
    return pages;
  }

  private fresh(count: number): Set<number> {
    return new Set(Array.from({ length: count }, () => ++this.next));
  }

  private fault(pid: number, count: number): void {
    this.kernel.at(pid).minorFaults += count;
    this.publish();
  }

  private mappedBy(page: number): number {
    let processes = 0;
    for (const { anonymous, shared } of this.all.values()) if (anonymous.has(page) || shared.has(page)) processes++;
    return processes;
  }

  /** Writes the state of each to the kernel model. */
  private publish(): void {
    const mapped = new Map<number, number>();
    for (const { anonymous, shared } of this.all.values())
      for (const page of [...anonymous, ...shared]) mapped.set(page, (mapped.get(page) ?? 0) + 1);
    const share = (pages: Set<number>) => [...pages].reduce((sum, page) => sum + KB_PER_PAGE / mapped.get(page)!, 0);
    for (const [pid, { anonymous, shared, file }] of this.all)
      Object.assign(this.kernel.at(pid), {
        residentPages: anonymous.size + shared.size + file,
        anonymous: anonymous.size * KB_PER_PAGE,
        shared: shared.size * KB_PER_PAGE,
        file: file * KB_PER_PAGE,
        proportional: Math.floor(share(anonymous)),
        proportionalShared: Math.floor(share(shared)),
      });
  }
}
