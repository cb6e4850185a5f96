/** What all processes of one name used, and how many there were. */
export interface ProgramUse {
  cpuSeconds: number;
  processes: number;
}

/** A process, of which the last name counts. */
interface NamedProcess {
  readonly names: readonly string[];
  readonly cpuNs: number;
}

/** More names are not kept apart. */
const MOST_PROGRAMS = 2000;

const NS_PER_SECOND = 1e9;

/** What processes used that have ended, by their last names. */
export class ProgramUses {
  private readonly uses = new Map<string, ProgramUse>();

  add(process: NamedProcess): void {
    addTo(this.uses, process);
  }

  /** A process that was added used so much more. */
  addTime({ names }: NamedProcess, ns: number): void {
    const use = this.uses.get(names.at(-1) ?? "");
    if (use) use.cpuSeconds += ns / NS_PER_SECOND;
  }

  /** Returns what these used, and others that live. */
  with(living: Iterable<NamedProcess>): ReadonlyMap<string, ProgramUse> {
    const all = new Map<string, ProgramUse>();
    for (const [name, use] of this.uses) all.set(name, { ...use });
    for (const process of living) addTo(all, process);
    return all;
  }
}

function addTo(uses: Map<string, ProgramUse>, { names, cpuNs }: NamedProcess): void {
  const name = names.at(-1) ?? "";
  let use = uses.get(name);
  if (!use) {
    if (uses.size >= MOST_PROGRAMS) return;
    use = { cpuSeconds: 0, processes: 0 };
    uses.set(name, use);
  }
  use.cpuSeconds += cpuNs / NS_PER_SECOND;
  use.processes++;
}
