import { expect, test } from "bun:test";
import { MACHINE, RUN, series } from "../../src/catalog/index.ts";
import { latestText } from "../../src/openmetrics/latest.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";

const STATUS = series(RUN.commandStatus);
const SENT = series(MACHINE.networkSent, { interface: "eth0" });
const GONE = series(MACHINE.networkSent, { interface: 'veth"1' });

test("has the series of the latest sample and the facts, without time stamps and events", () => {
  const recording = recordingOf({
    facts: [["host", "vm"]],
    events: [{ atMs: START_MS + 1000, event: "command_started", text: "Command started" }],
    parts: [
      { columns: [STATUS, SENT, GONE], rows: [[START_MS, 0, 5, 7]] },
      { columns: [STATUS, SENT, GONE], rows: [[START_MS + 1000, 1, 6, undefined]] },
    ],
  });
  const lines = latestText(recording).split("\n");
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual([
    'statexec_target_info{instance="make",job="statexec",role="standalone",host_name="vm"} 1',
    'statexec_run_info{instance="make",job="statexec",role="standalone",fact="host",value="vm"} 1',
    'statexec_command_status{instance="make",job="statexec",role="standalone"} 1',
    'statexec_network_sent_bytes_total{instance="make",job="statexec",role="standalone",interface="eth0"} 6',
    "",
  ]);
  expect(lines.at(-2)).toBe("# EOF");
});

test("an empty recording is an empty answer", () => {
  expect(latestText(recordingOf({}))).toBe("# EOF\n");
});
