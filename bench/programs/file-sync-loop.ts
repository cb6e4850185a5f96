import { openSync, writeSync } from "node:fs";
import { backgroundSync } from "../../src/os/background-sync.ts";
import { toDisk } from "../../src/os/to-disk.ts";

/*
 * file-sync-loop.ts FILE ROUNDS: appends what a journal gets in five seconds to a file, and brings it to the disk, in turns
 * without waiting for that and with it. Prints the nanoseconds that each took.
 */
const [path = "", rounds = "1"] = process.argv.slice(2);
const fd = openSync(path, "w");
const bytes = new Uint8Array(10_000).fill(7);
const background = backgroundSync();
const taken: number[] = [];

function began(): number {
  writeSync(fd, bytes);
  return Bun.nanoseconds();
}

for (let i = 0; i < Number(rounds); i++) {
  let start = began();
  if (!background.begin(fd, true)) throw new Error("a sync is not done yet");
  taken.push(Bun.nanoseconds() - start);
  while (background.isBusy) await Bun.sleep(1);
  start = began();
  toDisk(fd, true);
  taken.push(Bun.nanoseconds() - start);
}
console.log(taken.join(" "));
