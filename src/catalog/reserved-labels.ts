/** Label names that a user may not choose. No metric, now or later, has a label of another name. */
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
