import { EXEC_ROWS } from "./experiments/execs.ts";
import { EXPLORER_ROWS } from "./experiments/explorer.ts";
import { FILE_SYNC_ROWS } from "./experiments/file-sync.ts";
import { JOURNAL_ROWS } from "./experiments/journal.ts";
import { MINUTE_ROWS } from "./experiments/minute-run.ts";
import { OWN_CPU_ROWS } from "./experiments/own-cpu-time.ts";
import { TREE_ROWS } from "./experiments/process-tree.ts";
import { PUSH_ROWS } from "./experiments/push.ts";
import { SYNC_ROWS } from "./experiments/sync.ts";
import { TICK_ROWS } from "./experiments/tick.ts";
import { WALL_TIME_ROWS } from "./experiments/wall-time.ts";
import type { Row } from "./lib/experiment.ts";

/** All lines of the table, in its order. */
export const ROWS: readonly Row[] = [
  WALL_TIME_ROWS,
  OWN_CPU_ROWS,
  MINUTE_ROWS,
  TICK_ROWS,
  TREE_ROWS,
  EXEC_ROWS,
  JOURNAL_ROWS,
  FILE_SYNC_ROWS,
  EXPLORER_ROWS,
  SYNC_ROWS,
  PUSH_ROWS,
].flat();
