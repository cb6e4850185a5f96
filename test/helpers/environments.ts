import { accessSync, constants } from "node:fs";
import { mayMakeV1Cgroups, testsCgroups } from "./cgroups.ts";
import { failureOf } from "./machine.ts";
import { noUserModeLinux } from "./user-mode-linux.ts";
import { as, type User } from "./users.ts";

/** Where statexec runs, and what it can see there. */
export interface Environment {
  /** For people: it stands in docs/accounting.md. */
  readonly name: string;
  /** Who owns the folder of the run's files. */
  readonly user: User;
  /** What stands in front of statexec. */
  readonly before: readonly string[];
  readonly options: readonly string[];
  /** What stands in front of the command. */
  readonly inside: readonly string[];
  /** On a kernel of its own, since this machine has no such groups. */
  readonly isOwnKernel: boolean;
  /** The command may become any user. */
  readonly isRoot: boolean;
  /** Why this machine cannot give it; undefined: it can. */
  readonly absence: string | undefined;
}

const isRoot = process.getuid?.() === 0;
const toRoot = isRoot ? undefined : "this takes root";

const PLAIN = { user: "root", before: [], options: [], inside: [], isOwnKernel: false, isRoot } as const;
const NOBODY = {
  ...PLAIN,
  user: isRoot ? "nobody" : "root",
  before: isRoot ? as("nobody") : [],
  isRoot: false,
} as const;
const AUTO = ["--cgroup", "auto"];

const CONTAINER = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
const HIDDEN = ["unshare", "--mount", "sh", "-c", 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', "sh"];
const FOREIGN = ["unshare", "--pid", "--fork"];

const own = testsCgroups();
const memory = own.find(({ controllers }) => controllers.includes("memory"));

/** The own control group of version 2, where one can be made below it with the memory controller. */
function unifiedAbsence(): string | undefined {
  const unified = own.find(({ version, controllers }) => version === 2 && controllers.includes("memory"));
  if (!unified) return "no hierarchy of version 2 with the memory controller";
  try {
    accessSync(`${unified.folder}/cgroup.subtree_control`, constants.W_OK);
    return toRoot;
  } catch {
    return `${unified.folder} is not writable`;
  }
}

const v1Absence = mayMakeV1Cgroups() ? undefined : "no control groups of version 1 can be made";
const v2Absence = unifiedAbsence();
const isOwnKernel = v2Absence !== undefined && !noUserModeLinux();

/** Moves itself to the groups that statexec is in, and is then the command. */
const LEAVE = [
  "sh",
  "-c",
  `${own.map(({ folder }) => `echo $$ >'${folder}/cgroup.procs' || exit`).join("; ")}; exec "$@"`,
  "sh",
];

export const ENVIRONMENTS: readonly Environment[] = [
  { ...PLAIN, name: "root", absence: toRoot },
  // Where the tests do not run as root, they are the user without rights.
  { ...NOBODY, name: "nobody", absence: failureOf([...NOBODY.before, "true"]) },
  {
    ...NOBODY,
    name: "user namespace",
    before: [...NOBODY.before, ...CONTAINER],
    absence: failureOf([...NOBODY.before, ...CONTAINER, "true"]),
  },
  {
    ...NOBODY,
    name: "hidepid",
    before: [...HIDDEN, ...as("nobody")],
    absence: toRoot ?? failureOf([...HIDDEN, "true"]),
  },
  { ...PLAIN, name: "foreign /proc", before: FOREIGN, absence: toRoot ?? failureOf([...FOREIGN, "true"]) },
  { ...PLAIN, name: "group v1", options: AUTO, absence: v1Absence },
  {
    ...PLAIN,
    name: "group v2",
    options: AUTO,
    isOwnKernel,
    absence: isOwnKernel ? undefined : v2Absence,
  },
  {
    ...PLAIN,
    name: "leaves its group",
    options: AUTO,
    inside: LEAVE,
    absence: memory?.version === 1 ? v1Absence : v2Absence,
  },
];
