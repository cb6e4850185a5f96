import { createConsola } from "consola/basic";

/**
 * Messages of modes that run no command, on stderr: results go to stdout. A run does not load this: around a command
 * there are plain writes only, since the runtime's streams would change a pipe that the command shares.
 */
export const log = createConsola({ stdout: process.stderr, stderr: process.stderr });
