import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Job } from "kubernetes-models/batch/v1";
import { Service } from "kubernetes-models/v1";
import { SECRETS } from "../../src/cli/push-target.ts";
import { parseInvocation } from "../../src/cli/resolve.ts";

const FOLDER = join(import.meta.dir, "../../docs/kubernetes");
const KINDS = { Job, Service } as const;

interface Manifest {
  readonly kind: keyof typeof KINDS;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
}

interface Container {
  readonly command: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
}

const manifests = readdirSync(FOLDER).flatMap((file) => {
  const read = Bun.YAML.parse(readFileSync(join(FOLDER, file), "utf8"));
  return (Array.isArray(read) ? read : [read]) as Manifest[];
});

describe.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
  "%s",
  (_, manifest) => {
    test("is valid by the API's schema, which would refuse a wrong type", () => {
      const Kind = KINDS[manifest.kind] as unknown as new (data: unknown) => { validate(): void };
      new Kind(structuredClone(manifest)).validate();
      const wrong = structuredClone(manifest) as unknown as { spec: Record<string, unknown> };
      wrong.spec = { ...wrong.spec, ...(manifest.kind === "Job" ? { backoffLimit: "no" } : { ports: "8080" }) };
      expect(() => new Kind(wrong).validate()).toThrow();
    });

    test("calls statexec as it can be called, and takes secrets from a Secret", () => {
      for (const { command, env = [] } of manifest.spec.template?.spec.containers ?? []) {
        const variables = Object.fromEntries(env.map(({ name, value }) => [name, value ?? "x"]));
        const invocation = parseInvocation(command.slice(1), variables);
        expect([command[0], invocation.mode]).toEqual(["statexec", "run"]);
        if (invocation.mode === "run") expect(invocation.warnings).toEqual([]);
        for (const { name, valueFrom } of env)
          if (Object.values(SECRETS).some((secret) => secret.env === name))
            expect(valueFrom).toHaveProperty("secretKeyRef");
      }
    });
  },
);

test("there are a server, a client, and a way without a network", () => {
  expect(manifests.map(({ metadata }) => metadata.name).sort()).toEqual([
    "statexec-client",
    "statexec-log",
    "statexec-server",
    "statexec-server",
  ]);
});
