import { describe, expect, test } from "bun:test";
import { type Fact, KERNEL, MACHINE, series } from "../../src/catalog/index.ts";

import { summarise } from "../../src/recording/summary-series.ts";
import { parseText, pointsOf, type Rows, recordingOf, renderText, START_MS } from "../helpers/recording.ts";
import { cpu, figures, read, received, run } from "./runs.ts";

describe("the span of the summary", () => {
  const counted = [received("eth0")];

  test("is from the first sample with status 1 to the first with 2; the points are at its end", () => {
    const made = run(counted, [
      [0, 0, 0],
      [1000, 1, 1000],
      [2000, 1, 1500],
      [3000, 2, 5000],
      [4000, 2, 90_000],
    ]);
    expect(figures(made)).toEqual({ network_mean_received_bytes_per_second: 2000 });
    expect(summarise(made).flatMap(pointsOf)).toEqual([[START_MS + 3000, 2000]]);
  });

  test.each<[string, Rows["rows"]]>([
    [
      "the command never started",
      [
        [0, 0, 0],
        [1000, 0, 50],
      ],
    ],
    [
      "it was stopped before its start",
      [
        [0, 0, 0],
        [1000, 2, 50],
      ],
    ],
    [
      "its end was not recorded",
      [
        [0, 1, 0],
        [1000, 1, 50],
      ],
    ],
    ["there is no sample", []],
  ])("does not exist where %s", (_, rows) => {
    expect(summarise(run([cpu("cpu0", "user")], rows))).toEqual([]);
  });

  test("does not exist where no status was recorded", () => {
    expect(summarise(recordingOf({ parts: [{ columns: counted, rows: [[START_MS, 1]] }] }))).toEqual([]);
  });
});

describe("CPU", () => {
  test("of all CPUs together has the number of CPUs that the kernel counted", () => {
    const rows: Rows["rows"] = [
      [0, 1, 10, 4],
      [2000, 2, 13, 3],
    ];
    expect(figures(run([cpu("all", "user"), series(KERNEL.cpusOnline)], rows))).toEqual({
      "cpu_mean_seconds user": 1.5,
      cpu_cores: 3,
    });
  });

  const columns = [cpu("cpu0", "user"), cpu("cpu1", "user"), cpu("cpu0", "idle"), cpu("cpu1", "idle")];

  test("seconds a second by mode over all CPUs, and the number of CPUs", () => {
    const made = run(columns, [
      [0, 1, 10, 20, 100, 200],
      [1000, 1, 11, 20, 100, 201],
      [2000, 2, 12, 20.5, 100, 201.5],
    ]);
    expect(figures(made)).toEqual({ "cpu_mean_seconds user": 1.25, "cpu_mean_seconds idle": 0.75, cpu_cores: 2 });
  });

  test("a CPU that goes offline counts with its recorded time, and not among the CPUs", () => {
    const made = run(columns, [
      [0, 1, 10, 20, 100, 200],
      [1000, 1, 11, 20.5, 100, 200],
      [2000, 2, 12, undefined, 100, undefined],
    ]);
    expect(figures(made)).toEqual({ "cpu_mean_seconds user": 1.25, "cpu_mean_seconds idle": 0, cpu_cores: 1 });
  });

  test("a counter that was reset is a gap, never a negative rate", () => {
    const made = run(
      [cpu("cpu0", "user")],
      [
        [0, 1, 100],
        [1000, 1, 101],
        [2000, 1, 3],
        [4000, 2, 4],
      ],
    );
    expect(figures(made)).toEqual({ "cpu_mean_seconds user": 0.5, cpu_cores: 1 });
  });

  test("a mode that stays 0 is 0; one without two points is absent", () => {
    const made = run(
      [cpu("cpu0", "nice"), cpu("cpu0", "steal")],
      [
        [0, 1, 0, undefined],
        [1000, 2, 0, 5],
      ],
    );
    expect(figures(made)).toEqual({ "cpu_mean_seconds nice": 0, cpu_cores: 1 });
  });
});

describe("memory", () => {
  const columns = [series(MACHINE.memoryUsed), series(MACHINE.memoryFree), series(MACHINE.memoryTotal)];

  test("means over time, also of uneven samples", () => {
    const made = run(columns, [
      [0, 1, 100, 50, 150],
      [100, 1, 200, 50, 150],
      [1000, 2, 400, 50, 150],
    ]);
    const expected = {
      memory_used_bytes: (150 * 100 + 300 * 900) / 1000,
      memory_free_bytes: 50,
      memory_total_bytes: 150,
    };
    expect(figures(made)).toEqual(expected);
  });

  test("leaves out a gap, from memory and from a file", () => {
    const made = run(
      [series(MACHINE.memoryBuffers)],
      [
        [0, 1, 10],
        [1000, 1, 20],
        [2000, 1, undefined],
        [3000, 1, 40],
        [4000, 2, 60],
      ],
    );
    expect(figures(made)).toEqual({ memory_buffers_bytes: (15 + 50) / 2 });
    expect(figures(parseText(renderText(made)))).toEqual(figures(made));
  });
});

describe("network and disks", () => {
  const rows: Rows["rows"] = [
    [0, 1, 1000, 1000, 0],
    [1000, 1, 1500, 1500, 512],
    [2000, 2, 3000, 3000, 1024],
  ];
  const columns = [received("eth0"), received("br0"), read("sda")];

  test("sums only the devices that the facts name", () => {
    const facts: Fact[] = [
      ["summed_interface", "eth0"],
      ["summed_disk", "sda"],
    ];
    expect(figures(run(columns, rows, facts))).toEqual({
      network_mean_received_bytes_per_second: 1000,
      disk_mean_read_bytes_per_second: 512,
    });
  });

  test("sums no disk where the facts name interfaces only", () => {
    expect(figures(run(columns, rows, [["summed_interface", "br0"]]))).toEqual({
      network_mean_received_bytes_per_second: 1000,
    });
  });

  test("a fact about interfaces does not name a disk", () => {
    expect(figures(run(columns, rows, [["summed_disk", "eth0"]]))).toEqual({});
  });

  test("sums all devices where no fact names any", () => {
    expect(figures(run(columns, rows, [["version", "1"]]))).toEqual({
      network_mean_received_bytes_per_second: 2000,
      disk_mean_read_bytes_per_second: 512,
    });
  });

  test("counts an interface that appears or goes with its recorded growth", () => {
    const made = run(
      [received("eth0"), received("wlan0"), received("usb0")],
      [
        [0, 1, 0, undefined, 10],
        [1000, 1, 100, 700, 30],
        [2000, 2, 200, 1000, undefined],
      ],
    );
    expect(figures(made)).toEqual({ network_mean_received_bytes_per_second: (200 + 300 + 20) / 2 });
  });

  test("sent, received, read and written are separate", () => {
    const all = [MACHINE.networkSent, MACHINE.networkReceived].map((metric) => series(metric, { interface: "a" }));
    const disks = [MACHINE.diskRead, MACHINE.diskWrite].map((metric) => series(metric, { disk: "a" }));
    const made = run(
      [...all, ...disks],
      [
        [0, 1, 0, 0, 0, 0],
        [1000, 2, 1, 2, 3, 4],
      ],
    );
    expect(figures(made)).toEqual({
      network_mean_sent_bytes_per_second: 1,
      network_mean_received_bytes_per_second: 2,
      disk_mean_read_bytes_per_second: 3,
      disk_mean_write_bytes_per_second: 4,
    });
  });
});
