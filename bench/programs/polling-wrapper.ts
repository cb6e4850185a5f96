// The floor for a wrapper that Bun runs and that waits as statexec does: the thread blocks on the descriptor of the runtime's
// event loop, and turns the loop only when that has something to do.
import { systemClock } from "../../src/clock.ts";
import { EventLoop } from "../../src/os/event-loop.ts";

const LONGEST_MS = 2 ** 30;

const child = Bun.spawn(process.argv.slice(2), { stdio: ["inherit", "inherit", "inherit"] });
const loop = EventLoop.open();
if (!loop) throw new Error("the descriptor of the runtime's event loop is not known");
// The clock blocks until a deadline, so it needs one.
systemClock.at(systemClock.now() + LONGEST_MS, () => undefined);
systemClock.block(loop, LONGEST_MS);
process.exit(await child.exited);
