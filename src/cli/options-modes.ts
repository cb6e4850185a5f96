import { mode } from "./option.ts";
import { pushTarget } from "./push-url.ts";

/** What is done instead of running a command. */
export const MODES = {
  recover: mode({
    flag: "--recover",
    shorts: [],
    mode: "recover",
    help: "Make the metrics file of each journal that is named, of a run that was killed; without a name, list the journals in this folder. No command runs.",
  }),
  listCollectors: mode({
    flag: "--list-collectors",
    shorts: [],
    mode: "list-collectors",
    help: "List the collectors, what each reads and whether it works here. No command runs.",
  }),
  push: mode({
    flag: "--push",
    shorts: [],
    mode: "push",
    operand: { placeholder: "url", example: "http://vmsingle:8428" },
    parse: pushTarget,
    help: "Send the metrics files that are named, without a name statexec_metrics.prom, to VictoriaMetrics, or by OTLP to Prometheus, Mimir or Grafana Cloud. No command runs.",
  }),
  version: mode({ flag: "--version", shorts: ["-v"], mode: "version", help: "Print the version and exit." }),
  help: mode({ flag: "--help", shorts: ["-help", "-h"], mode: "help", help: "Print this help and exit." }),
};
