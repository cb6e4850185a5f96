/** Where the number that was scanned last ends; -1: it is none of the plain kind. One for all: it is set once a number. */
export const scanned = { behind: -1 };
