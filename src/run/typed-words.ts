/**
 * The words as they were typed. `bun FILE -- WORDS`, as the package's bin is run by its first line, swallows a `--`
 * that comes first; `commandLine` (proc_pid_cmdline(5), a word each) has it still.
 */
export function typedWords(words: readonly string[], commandLine: readonly string[]): readonly string[] {
  return commandLine.at(-words.length - 1) === "--" ? ["--", ...words] : words;
}
