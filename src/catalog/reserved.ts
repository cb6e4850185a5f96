/** Label names that a user's label may not take, now or later: metrics use no others. */
export const RESERVED_LABELS: readonly string[] = [
  "instance",
  "job",
  "role",
  "cpu",
  "mode",
  "interface",
  "disk",
  "comm",
  "event",
  "text",
  "fact",
  "value",
  "resource",
  "source",
];
