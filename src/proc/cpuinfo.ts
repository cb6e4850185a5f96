const UTF8 = new TextDecoder();

/** What architectures call the line that names the CPU, the clearest first. */
const MODEL_KEYS = ["model name", "Model Name", "cpu model", "cpu", "Processor", "uarch"] as const;

/** The CPU's model by `proc_cpuinfo(5)`; undefined where no line names it. The text has no format to be wrong in. */
export function parseCpuModel(bytes: Uint8Array): string | undefined {
  const lines = new Map<string, string>();
  for (const line of UTF8.decode(bytes).split("\n")) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const key = line.slice(0, colon).trim();
    if (!lines.has(key)) lines.set(key, line.slice(colon + 1).trim());
  }
  const key = MODEL_KEYS.find((name) => lines.get(name));
  if (key !== undefined) return lines.get(key);
  // arm64 has numbers only, which tell two machines apart all the same.
  const implementer = lines.get("CPU implementer");
  const part = lines.get("CPU part");
  return implementer && part ? `implementer ${implementer} part ${part}` : undefined;
}
