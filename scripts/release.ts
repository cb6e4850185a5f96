import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../package.json";
import { sumsOf, TARGETS } from "./build-all.ts";
import { pack } from "./pack.ts";
import { makeProvenance, makeSbom, PROVENANCE, SBOM, type Source, SUMS, signerLine, signSums } from "./supply-chain.ts";

/** The state of the repository that a release is checked for. */
export interface State {
  readonly version: string;
  readonly changelog: string;
  /** The output of `git status --porcelain`. */
  readonly changes: string;
  /** The commit to release. */
  readonly head: string;
  /** The commit of the version's tag; undefined if there is no tag. */
  readonly tagged: string | undefined;
}

/** The reasons why this state cannot be released. */
export function faults({ version, changelog, changes, head, tagged }: State): string[] {
  const found: string[] = [];
  if (!/^\d+\.\d+\.\d+$/.test(version)) found.push(`package.json: got version "${version}", expected one like 1.2.3`);
  const [, entry = "", date = ""] = /^## (\S+)(?: \((.*)\))?$/m.exec(changelog) ?? [];
  if (entry !== version) found.push(`CHANGELOG.md: its first entry is "${entry}", expected ${version}`);
  else if (!/^\d{4}-\d\d-\d\d$/.test(date))
    found.push(`CHANGELOG.md: ${version} is "${date}", expected its date, as in ## ${version} (2026-01-31)`);
  if (changes !== "") found.push(`uncommitted changes: commit or stash them\n${changes.trimEnd()}`);
  if (tagged !== undefined && tagged !== head)
    found.push(`the tag v${version} is at ${tagged.slice(0, 12)}, not here: raise the version in package.json`);
  return found;
}

/** Returns the output of a program; undefined if it fails. */
function answer(...words: readonly string[]): string | undefined {
  const { success, stdout } = Bun.spawnSync([...words]);
  return success ? stdout.toString().trimEnd() : undefined;
}

/** Runs a program and shows its output. Throws if it fails. */
async function must(...words: readonly string[]): Promise<void> {
  console.log(`== ${words.join(" ")}`);
  const status = await Bun.spawn([...words], { stdio: ["ignore", "inherit", "inherit"] }).exited;
  if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}`);
}

/** The variable that names the private key of ssh by which the sums are signed. */
const KEY = "STATEXEC_SIGNING_KEY";

/** Builds all released files into a folder with their parts, provenance and sums, and returns their names. */
async function build(folder: string, commit: string): Promise<string[]> {
  await must("npm", "run", "--silent", "build:all");
  await pack("dist");
  const files = [...TARGETS.map(({ file }) => file), `statexec-${version}.tgz`];
  for (const file of files) {
    await Bun.write(join(folder, file), "");
    copyFileSync(join("dist", file), join(folder, file));
  }
  await describe(folder, files, await sourceOf(commit));
  return [...files, SBOM, PROVENANCE, SUMS];
}

/** Writes what the files are made of and from, and the sums of all. Throws. */
export async function describe(folder: string, files: readonly string[], source: Source): Promise<void> {
  await Bun.write(join(folder, SBOM), await makeSbom());
  await Bun.write(join(folder, PROVENANCE), makeProvenance(await sumsOf(folder, [...files, SBOM]), source));
  await Bun.write(join(folder, SUMS), await sumsOf(folder, [...files, SBOM, PROVENANCE]));
}

async function sourceOf(commit: string): Promise<Source> {
  const lockFile = (await sumsOf(".", ["bun.lock"])).slice(0, 64);
  return { commit, lockFile, builders: { bun: Bun.version, npm: answer("npm", "--version") ?? "" } };
}

/** Signs where a key is given, and says how to check it; else says how to sign. Throws. */
async function sign(folder: string): Promise<void> {
  const { [KEY]: key } = process.env;
  if (key === undefined) {
    console.log(`  ${KEY}=<private key of ssh> npm run release, for ${SUMS}.sig`);
    return;
  }
  await signSums(folder, key);
  const line = signerLine(await Bun.file(`${key}.pub`).text());
  console.log(`  ${SUMS}.sig too. It is checked with this line, to be published apart from the release:\n  ${line}`);
}

/** Checks and builds a release; with `--tag` it tags it. It publishes nothing. */
async function release(tag: boolean): Promise<void> {
  const head = answer("git", "rev-parse", "HEAD") ?? "";
  const tagged = answer("git", "rev-parse", "--verify", "--quiet", `v${version}^{commit}`);
  const changes = answer("git", "status", "--porcelain") ?? "not a git repository";
  const found = faults({ version, changelog: await Bun.file("CHANGELOG.md").text(), changes, head, tagged });
  if (found.length > 0) throw new Error(`no release:\n${found.map((fault) => `- ${fault}`).join("\n")}`);
  await must("npm", "run", "--silent", "check");
  await must("npm", "test", "--silent");
  const folder = join("dist", `v${version}`);
  const files = await build(folder, head);
  if (tag && tagged === undefined) await must("git", "tag", "-a", `v${version}`, "-m", `statexec ${version}`);
  console.log(`\n${folder}: ${files.join(" ")}\nEverything is in order. Left to do by hand:`);
  if (!tag && tagged === undefined) console.log(`  npm run release -- --tag`);
  console.log(`  git push origin v${version}`);
  await sign(folder);
  console.log(`  the files of ${folder} into the release v${version}`);
  console.log(`  npm publish ${join(folder, `statexec-${version}.tgz`)}`);
}

if (import.meta.main) {
  try {
    await release(process.argv.includes("--tag"));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
