import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** What git says of a folder. */
export interface GitState {
  /** The object name of HEAD; undefined: nothing is committed yet. */
  readonly commit: string | undefined;
  /** Undefined: HEAD is detached. */
  readonly branch: string | undefined;
  /** Whether a file that git follows differs from the commit. */
  readonly isDirty: boolean;
}

/** git has so long to answer, since the end of the run waits for it. */
const MOST_MS = 2000;

/** Returns the root of the repository that a folder is in; the folder itself where it is in none. */
export function projectOf(folder: string): string {
  const start = realpathSync(folder);
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return start;
  }
}

/** Returns the state of the repository of a folder; undefined: it is in none, or git cannot or may not say it in time. */
export function gitState(folder: string): GitState | undefined {
  if (!existsSync(join(projectOf(folder), ".git"))) return undefined;
  // A monitor is a program that the repository names; a lock would disturb a git of the user's.
  const words = ["-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch", "--untracked-files=no"];
  const git = Bun.which("git");
  if (git === null) return undefined;
  const { success, stdout } = Bun.spawnSync([git, "--no-optional-locks", ...words], {
    ...{ cwd: folder, stdin: "ignore", stderr: "ignore", timeout: MOST_MS, killSignal: "SIGKILL" },
  });
  return success ? parseGitStatus(stdout.toString()) : undefined;
}

/** Reads the text of git-status(1), porcelain format version 2 with its branch lines. */
export function parseGitStatus(text: string): GitState {
  const lines = text.split("\n");
  const header = (name: string) => lines.find((line) => line.startsWith(`# ${name} `))?.slice(name.length + 3);
  const [commit, branch] = [header("branch.oid"), header("branch.head")];
  return {
    commit: commit === "(initial)" ? undefined : commit,
    branch: branch === "(detached)" ? undefined : branch,
    isDirty: lines.some((line) => line !== "" && !line.startsWith("#")),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the branch that a CI system builds, which checks out a commit without one; undefined: it does not say it. */
export function branchOfCi({ GITHUB_ACTIONS, GITHUB_REF_NAME, CI_COMMIT_REF_NAME }: Environment): string | undefined {
  // Of a pull request this is 12/merge: its branch may be one of a fork, and have the name of ours.
  return (GITHUB_ACTIONS === "true" && GITHUB_REF_NAME) || CI_COMMIT_REF_NAME || undefined;
}

/** Returns the branch that others are made from: a CI system says it, or a clone knows it; undefined: nobody does. */
export function defaultBranchOf(project: string, env: Environment): string | undefined {
  const { GITHUB_BASE_REF, CI_DEFAULT_BRANCH } = env;
  if (GITHUB_BASE_REF || CI_DEFAULT_BRANCH) return GITHUB_BASE_REF || CI_DEFAULT_BRANCH;
  const at = (ref: string) => join(project, ".git", "refs", ref);
  const head = existsSync(at("remotes/origin/HEAD")) ? readFileSync(at("remotes/origin/HEAD"), "utf8") : "";
  const [, named] = /^ref: refs\/remotes\/origin\/(.+)$/m.exec(head) ?? [];
  return named ?? ["main", "master"].find((name) => existsSync(at(`heads/${name}`)));
}
