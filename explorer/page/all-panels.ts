import { COMMAND_PANELS } from "./command-panels.ts";
import { MACHINE_PANELS, RECORDER_PANELS } from "./machine-panels.ts";
import type { PanelSpec } from "./panels.ts";

/** Every panel, in the order of the page; what a run has no series for is left out there. */
export const PANELS: readonly PanelSpec[] = [...COMMAND_PANELS, ...MACHINE_PANELS, ...RECORDER_PANELS];
