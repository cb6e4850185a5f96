import { releaseOrphans } from "../os/children.ts";
import { refusal, withShell } from "../run/child.ts";
import { becomeExactly } from "../run/exact-child.ts";
import { findCommand, type Inherited } from "../run/inherited.ts";
import type { ResolvedCommand } from "../run/resolve-command.ts";
import type { RecordParts } from "./prepare.ts";

/*
 * With too few descriptors, processes or memory for a recording, the command is worth more than that.
 */

/**
 * Becomes the command, where a limit of the caller leaves too little to record it: it runs as without us. Returns where
 * another host waits for it. Throws CommandError.
 */
export function runUnrecorded(shortage: Error, { config, inherited, warn }: RecordParts): void {
  if (config.sync) return;
  warn(`${shortage.message}: the command runs unrecorded`);
  // The kernel would keep this for what we become.
  releaseOrphans();
  become(findCommand(inherited, config.command), inherited);
}

/** Never returns. Throws CommandError. */
function become(command: ResolvedCommand, inherited: Inherited): void {
  try {
    withShell(command, (path, argv) => {
      throw becomeExactly(path, argv, inherited);
    });
  } catch (error) {
    throw refusal(command, error);
  }
}
