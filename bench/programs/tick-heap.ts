/*
 * `tick-loop allocated WAY TICKS`, with the garbage collector off (BUN_JSC_useGC=0). What reads the kernel's files starts
 * itself once more without variables for the runtime: it is loaded when that variable has done its work and is gone.
 */

const NAME = "BUN_JSC_useGC";

if (process.env[NAME] !== "0") throw new Error(`set ${NAME}=0: garbage that is collected is not counted`);
delete process.env[NAME];
await import("./tick-loop.ts");
