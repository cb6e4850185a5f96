import { setting } from "./option.ts";
import { boolean, type Peer, peer, port } from "./values.ts";

/** Runs that start and stop together. */
export const SYNC_OPTIONS = {
  connect: setting<Peer | undefined>({
    flag: "--connect",
    shorts: ["-c"],
    operand: { placeholder: "host", example: "10.0.0.7" },
    parse: peer,
    default: undefined,
    help: "Client mode: start and stop together with the server at host, host:port, [IPv6]:port or http://host:port. Not in this version yet.",
  }),
  server: setting({
    flag: "--server",
    shorts: ["-s"],
    parse: boolean,
    default: false,
    help: "Server mode: start and stop the command when a client says so. Not in this version yet.",
  }),
  syncPort: setting({
    flag: "--sync-port",
    shorts: ["-sp"],
    operand: { placeholder: "port", example: "8080" },
    parse: port,
    default: 8080,
    help: "Port that the server listens on and the client asks.",
  }),
  syncStartOnly: setting({
    flag: "--sync-start-only",
    shorts: ["-sso"],
    parse: boolean,
    default: false,
    help: "Start together; each command then ends by itself.",
  }),
};
