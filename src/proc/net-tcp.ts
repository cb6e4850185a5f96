import { ParseError } from "../errors.ts";

/** The state LISTEN, as net/tcp writes it. */
const LISTEN = "0A";

/** Whether a socket of net/tcp or net/tcp6 listens on a port, on any address: proc_pid_net(5). Throws ParseError. */
export function listensOn(text: string, port: number, where: string): boolean {
  const [head = "", ...rows] = text.split("\n");
  if (!/^\s*sl\s+local_address\s/.test(head))
    throw new ParseError(where, "a head that begins with sl local_address", head);
  return rows.some((row) => {
    if (row === "") return false;
    const [, local = "", , state = ""] = row.trim().split(/\s+/, 4);
    const colon = local.lastIndexOf(":");
    if (colon < 0) throw new ParseError(where, "an address and a port", row);
    return state === LISTEN && Number.parseInt(local.slice(colon + 1), 16) === port;
  });
}
