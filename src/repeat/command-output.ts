import type { OutputPlace } from "../cli/option-values.ts";
import { OPTIONS } from "../cli/options.ts";
import { OutputError } from "../errors.ts";
import { closeFile, O_APPEND, O_CREAT, O_WRONLY, openFile, SystemError } from "../os/files.ts";
import { openPipe } from "../os/spawn.ts";
import { refuseRecording } from "../output/other-outputs.ts";
import type { Launch } from "../run/child.ts";
import { launchExactly, launchWith } from "../run/exact-child.ts";
import type { Inherited } from "../run/inherited.ts";

/** Where the standard output of a series' commands goes. */
export interface CommandOutput {
  /** Starts a process of which it is the standard output. */
  readonly launch: Launch;
  close(): void;
}

/** Opens the place of `--output`. Throws OutputError. */
export function openCommandOutput(place: OutputPlace, inherited: Inherited): CommandOutput {
  if (place === "inherit") return { launch: launchExactly, close: () => undefined };
  const output = place === "pipe" ? pipeToNowhere(inherited) : openPlace(place);
  return { launch: launchWith({ output }), close: () => closeFile(output) };
}

const O_TRUNC = 0o1000;

const NOWHERE = "/dev/null";

function openPlace(place: Exclude<OutputPlace, "inherit" | "pipe">): number {
  if (place === "null") return openFile(NOWHERE, O_WRONLY);
  const { flag } = OPTIONS.output;
  refuseRecording(place.path, flag);
  try {
    // What is added to the end by every run is added by each process that writes, too.
    return openFile(place.path, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new OutputError(`${flag}: ${place.path}: ${error.reason}; choose another file`);
  }
}

const SHELL = "/bin/sh";
/** It outlives the signals that end the command, so that the command never writes to a pipe without a reader. */
const READER = "trap '' HUP INT QUIT TERM TSTP; exec cat >/dev/null 2>&1";

/** Returns the end to write to of a pipe that is read and thrown away, until nobody has it open any more. */
function pipeToNowhere(inherited: Inherited): number {
  const [read, write] = openPipe();
  try {
    launchWith({ standard: read })(SHELL, [SHELL, "-c", READER], inherited);
    return write;
  } finally {
    closeFile(read);
  }
}
