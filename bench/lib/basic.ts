/** The four sources that every run has: what the floor and the text way read too. */
export const BASIC = { only: ["cpu", "memory", "network", "disk"], without: [], ways: [] } as const;
