import { join } from "node:path";
import { dependencies, name, optionalDependencies, version } from "../package.json";
import { TARGETS } from "./build-all.ts";

/*
 * What comes with the files of a release, so that anyone can tell offline what they are made of, from what and by whom: a
 * list of parts (CycloneDX), a statement of provenance (in-toto, SLSA), and a signature over the sums of all of them.
 *
 * ssh-keygen signs: it is on every machine that has git, checks offline, and needs no service and no file format of its own.
 */

export const SBOM = "statexec.cdx.json";
export const PROVENANCE = "statexec.intoto.json";
export const SUMS = "SHA256SUMS";

const TOOL = join(import.meta.dir, "../node_modules/.bin/cyclonedx-npm");

/** The use that a signature is for: one made for something else, such as a commit, does not count. */
const NAMESPACE = "statexec-release";

/** The name that a file of allowed signers gives the keys. */
const SIGNER = "statexec";

interface Component {
  readonly type: string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly "bom-ref": string;
}

interface Bom {
  readonly metadata: { readonly component: { readonly "bom-ref": string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** Returns the text of a CycloneDX document: the packages that the released files contain, of all systems. Throws. */
export async function makeSbom(): Promise<string> {
  const flags = ["--omit", "dev", "--output-reproducible", "--spec-version", "1.6", "--output-format", "JSON"];
  const tool = Bun.spawn([TOOL, ...flags, "--output-file", "-"], { stdout: "pipe", stderr: "pipe" });
  const [status, text, errors] = await Promise.all([tool.exited, tool.stdout.text(), tool.stderr.text()]);
  if (status !== 0) throw new Error(`cyclonedx-npm ended with ${status}:\n${errors}`);
  const bom = withShippedParts(JSON.parse(text) as Bom);
  // npm installs the runtime of this machine alone; the files of the other systems contain theirs.
  const missing = TARGETS.map(({ runtime }) => runtimePart(runtime)).filter(
    ({ purl }) => !bom.components.some((part) => part.purl?.startsWith(purl)),
  );
  const links = [...bom.dependencies, ...missing.map((part) => ({ ref: part["bom-ref"] }))];
  const all = { ...bom, components: [...bom.components, ...missing], dependencies: links };
  return `${JSON.stringify(all, null, 2)}\n`;
}

/** Leaves out what the files do not contain: where another installer than npm was at work, npm takes tools for parts. */
function withShippedParts(bom: Bom): Bom {
  const names = new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies)]);
  const links = new Map(bom.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
  const shipped = new Set<string>();
  const add = (ref: string) => {
    if (shipped.has(ref)) return;
    shipped.add(ref);
    for (const next of links.get(ref) ?? []) add(next);
  };
  for (const part of bom.components) if (names.has(fullName(part))) add(part["bom-ref"]);
  const root = bom.metadata.component["bom-ref"];
  const isShipped = (ref: string) => ref === root || shipped.has(ref);
  return {
    ...bom,
    components: bom.components.filter((part) => isShipped(part["bom-ref"])),
    dependencies: bom.dependencies
      .filter(({ ref }) => isShipped(ref))
      .map((link) => ({ ...link, dependsOn: (link.dependsOn ?? []).filter(isShipped) })),
  };
}

function fullName({ group, name: own }: Component): string {
  return group ? `${group}/${own}` : own;
}

function runtimePart(runtime: keyof typeof optionalDependencies) {
  const [group = "", own = ""] = runtime.split("/");
  const its = optionalDependencies[runtime];
  const purl = `pkg:npm/${encodeURIComponent(group)}/${own}@${its}`;
  return { type: "library", group, name: own, version: its, purl, "bom-ref": `${name}@${version}|${runtime}@${its}` };
}

export interface Source {
  /** The commit that was built. */
  readonly commit: string;
  /** SHA-256 of the lock file, in hexadecimal. */
  readonly lockFile: string;
  /** Versions of the programs that built it, by name. */
  readonly builders: Readonly<Record<string, string>>;
}

/** Returns the text of an in-toto statement about files, given by their sums in the format of sha256sum(1). */
export function makeProvenance(sums: string, { commit, lockFile, builders }: Source): string {
  const subject = sums
    .trimEnd()
    .split("\n")
    .map((line) => line.split("  ") as [string, string])
    .map(([sha256, file]) => ({ name: file, digest: { sha256 } }));
  const runtimes = TARGETS.map(({ runtime }) => ({ uri: runtimePart(runtime).purl }));
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject,
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "urn:statexec:npm-run-release:1",
        externalParameters: { version, ref: `refs/tags/v${version}` },
        resolvedDependencies: [
          { name: "source", digest: { gitCommit: commit } },
          { name: "bun.lock", digest: { sha256: lockFile } },
          ...runtimes,
        ],
      },
      // On a person's machine: what this says is as good as the signature over it.
      runDetails: { builder: { id: "urn:statexec:local", version: builders } },
    },
  };
  return `${JSON.stringify(statement, null, 2)}\n`;
}

/** Signs the sums of a folder by a private key of ssh; makes SHA256SUMS.sig. Throws with the words of ssh-keygen. */
export async function signSums(folder: string, key: string): Promise<void> {
  const words = ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, join(folder, SUMS)];
  await Bun.file(join(folder, `${SUMS}.sig`))
    .unlink()
    .catch(ignoreAbsence);
  const signer = Bun.spawn(words, { stdin: "inherit", stdout: "ignore", stderr: "pipe" });
  const [status, errors] = await Promise.all([signer.exited, signer.stderr.text()]);
  if (status !== 0) throw new Error(`cannot sign ${SUMS}: ${errors.trimEnd()}`);
}

/** Returns a line of a file of allowed signers, for a public key; integrations/fetch.sh takes such a file. */
export function signerLine(publicKey: string): string {
  return `${SIGNER} namespaces="${NAMESPACE}" ${publicKey.trim()}\n`;
}

function ignoreAbsence(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
