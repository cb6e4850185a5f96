import type { Shell } from "../src/cli/option-values.ts";
import { completionFor } from "../src/modes/shell-completions.ts";

/** The files that are made, by path. */
export const COMPLETIONS: Readonly<Record<string, Shell>> = {
  "completions/statexec.bash": "bash",
  "completions/_statexec": "zsh",
  "completions/statexec.fish": "fish",
};

if (import.meta.main)
  for (const [path, shell] of Object.entries(COMPLETIONS)) await Bun.write(path, completionFor(shell));
