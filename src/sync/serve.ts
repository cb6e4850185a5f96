import type { ServerConfig } from "../cli/config.ts";
import { SyncError } from "../errors.ts";
import { readText } from "../os/files.ts";
import type { Meeting, MeetingParts } from "./peer-session.ts";
import { listen } from "./sync-http.ts";
import { SyncServer } from "./sync-server.ts";
import { tokenOf } from "./sync-token.ts";

/** Listens, and says where. Throws SyncError, UsageError. */
export function serve(config: ServerConfig, parts: MeetingParts): Meeting {
  const { port, bind } = config;
  const token = tokenOf(config);
  const desk = new SyncServer(config, parts);
  const hostName = readText("/proc/sys/kernel/hostname");
  try {
    listen({ desk, port, bind, token, hostName });
  } catch (error) {
    throw refusal(config, error);
  }
  const where = bind === undefined ? `port ${port} of all addresses` : `port ${port} of ${bind}`;
  const guard =
    token === undefined ? "no token guards it: who reaches it can start and stop the command" : "a token guards it";
  parts.warn(`waiting for ${config.clients === 1 ? "a client" : `${config.clients} clients`} on ${where}; ${guard}`);
  return desk;
}

function refusal({ port, bind }: ServerConfig, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === "EADDRINUSE")
    return new SyncError(
      `--sync-port (SE_SYNC_PORT): port ${port} is taken; end what listens there, or take another port`,
    );
  if (code === "EACCES")
    return new SyncError(`--sync-port (SE_SYNC_PORT): port ${port} is not for you; take one above 1023`);
  if (bind !== undefined && code !== undefined)
    return new SyncError(
      `--sync-bind (SE_SYNC_BIND): "${bind}" is no address of this machine (${code}); see ip address`,
    );
  return error;
}
