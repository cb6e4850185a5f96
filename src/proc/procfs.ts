/** The files of /proc and /sys, as the kernel or a recorded tree gives them. */
export interface ProcFs {
  /**
   * The whole content: a view that is valid until the next read. Undefined: not there, or gone.
   * Throws ForbiddenError where the kernel refuses, ParseError where it fails to give it.
   */
  read(path: string): Uint8Array | undefined;
  /** The names in a folder, in no order; undefined: not there. */
  list(path: string): readonly string[] | undefined;
  /** Whether a file or folder is there, as far as we may know. */
  exists(path: string): boolean;
}
