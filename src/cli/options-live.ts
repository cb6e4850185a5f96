import { setting } from "./option.ts";
import { boolean, listenAddress } from "./option-values.ts";

/** How a run is seen while it goes on. Both are done by another process of ours, so that the recording does not wait for them. */
export const LIVE_OPTIONS = {
  /** Undefined: nothing listens. */
  listen: setting({
    flag: "--listen",
    shorts: [],
    operand: { placeholder: "address", example: "9999" },
    parse: listenAddress,
    default: undefined,
    help: "While the command runs, show it on a page at this port of this machine, and its latest sample at /metrics for a Prometheus; an address before the port, such as 0.0.0.0:9999, lets other machines see both.",
  }),
  live: setting({
    flag: "--live",
    shorts: [],
    parse: boolean,
    default: false,
    help: "While the command runs, show it in this terminal as --watch does. The command's own output must go elsewhere, to a file or a pipe, since it would be written over.",
  }),
};
