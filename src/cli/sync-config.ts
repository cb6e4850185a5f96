import { UsageError } from "../errors.ts";
import type { SyncConfig } from "./config.ts";
import { assignment, type Settings } from "./given.ts";
import type { OptionId, SettingId } from "./options.ts";

/** The synchronised run that the settings ask for; undefined: none. Throws UsageError. */
export function syncOf(settings: Settings): SyncConfig | undefined {
  const { values, from } = settings;
  const { server, connect, syncPort } = values;
  const [serverFrom, connectFrom] = [from.get("server"), from.get("connect")];
  if (server && connect !== undefined && serverFrom !== undefined && connectFrom !== undefined)
    throw new UsageError(
      `${assignment(serverFrom)} and ${assignment(connectFrom)}: a run is either server or client; remove one`,
    );
  if (!server && connect === undefined) return undefined;
  const common = {
    startOnly: values.syncStartOnly,
    graceSeconds: values.syncGraceSeconds,
    stopTimeoutSeconds: values.stopTimeoutSeconds,
    token: tokenOf(settings),
  };
  if (connect === undefined || server) {
    const { syncBind: bind, syncClients: clients, ready } = values;
    return { role: "server", port: syncPort, bind, clients, ready, ...common };
  }
  // A port in the address is the more specific, as --delay-before-command is; any flag wins over any variable.
  const flagOverVariable = from.get("syncPort")?.origin === "flag" && connectFrom?.origin === "variable";
  const port = flagOverVariable ? syncPort : (connect.port ?? syncPort);
  return { role: "client", host: connect.host, port, timeoutSeconds: values.syncTimeoutSeconds, ...common };
}

/** The one of two places for a secret that was given; of both, the flag. */
function tokenOf({ values, from }: Settings): SyncConfig["token"] {
  const { syncToken: secret, syncTokenFile: file } = values;
  const [secretFrom, fileFrom] = [from.get("syncToken"), from.get("syncTokenFile")];
  if (secretFrom !== undefined && secretFrom.origin === fileFrom?.origin)
    throw new UsageError(`${secretFrom.where} and ${fileFrom.where}: a run has one token; remove one`);
  if (file !== undefined && (secret === undefined || fileFrom?.origin === "flag")) return { file };
  return secret === undefined ? undefined : { secret };
}

/** The options that only synchronised runs have, by the sides that they mean something to. */
const SIDES: Partial<Record<SettingId, "both" | SyncConfig["role"]>> = {
  syncPort: "both",
  syncStartOnly: "both",
  syncTimeoutSeconds: "client",
  ready: "server",
  syncClients: "server",
  syncGraceSeconds: "both",
  stopTimeoutSeconds: "both",
  syncToken: "both",
  syncTokenFile: "both",
  syncBind: "server",
};

const FLAGS = { both: "--server or --connect", server: "--server", client: "--connect" } as const;

/** The flags that an option of synchronised runs lacks to mean something: those of a side that this run is not. */
export function lackingSide(option: OptionId, sync: SyncConfig | undefined): string | undefined {
  const side = option in SIDES ? SIDES[option as SettingId] : undefined;
  if (side === undefined || (sync !== undefined && (side === "both" || side === sync.role))) return undefined;
  return FLAGS[side];
}
