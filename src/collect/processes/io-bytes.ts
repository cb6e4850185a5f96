/** Bytes read and written: by system calls, and from and to storage. */
export interface IoCounts {
  readBytes: number;
  writeBytes: number;
  diskReadBytes: number;
  diskWriteBytes: number;
  cancelledBytes: number;
}

export class IoBytes implements IoCounts {
  readBytes = 0;
  writeBytes = 0;
  diskReadBytes = 0;
  diskWriteBytes = 0;
  cancelledBytes = 0;

  set(bytes: number): void {
    this.readBytes = bytes;
    this.writeBytes = bytes;
    this.diskReadBytes = bytes;
    this.diskWriteBytes = bytes;
    this.cancelledBytes = bytes;
  }

  take({ readBytes, writeBytes, diskReadBytes, diskWriteBytes, cancelledBytes }: Readonly<IoCounts>): void {
    this.readBytes = readBytes;
    this.writeBytes = writeBytes;
    this.diskReadBytes = diskReadBytes;
    this.diskWriteBytes = diskWriteBytes;
    this.cancelledBytes = cancelledBytes;
  }

  add({ readBytes, writeBytes, diskReadBytes, diskWriteBytes, cancelledBytes }: Readonly<IoCounts>): void {
    this.readBytes += readBytes;
    this.writeBytes += writeBytes;
    this.diskReadBytes += diskReadBytes;
    this.diskWriteBytes += diskWriteBytes;
    this.cancelledBytes += cancelledBytes;
  }

  subtract({ readBytes, writeBytes, diskReadBytes, diskWriteBytes, cancelledBytes }: Readonly<IoCounts>): void {
    this.readBytes -= readBytes;
    this.writeBytes -= writeBytes;
    this.diskReadBytes -= diskReadBytes;
    this.diskWriteBytes -= diskWriteBytes;
    this.cancelledBytes -= cancelledBytes;
  }
}

/** What processes of one name read and wrote themselves by system calls, at least; NaN: not known of any. */
export type ProgramIo = Pick<IoCounts, "readBytes" | "writeBytes">;

/** What one process had read and written when its file was last read. */
export class LastIo extends IoBytes {
  /** Its CPU time just before that; NaN: the file is to be read again. */
  cpuSeconds = Number.NaN;
  /** The file was read. */
  isKnown = false;
  /** What it read and wrote itself by system calls, at least: its file has that of the children that it waited for, too. */
  ownReadBytes = 0;
  ownWriteBytes = 0;
  /** It is so if the next sample shows that it had waited for no child when its file was read. */
  private openReadBytes = 0;
  private openWriteBytes = 0;
  /** So much of its own was passed on. */
  private passedReadBytes = 0;
  private passedWriteBytes = 0;
  /** Page faults of the children that it had waited for just before that. */
  private childrenFaults = 0;

  /** Takes its file. What it grew by is its own where it waited for no child meanwhile, which would have had page faults. */
  takeFile(file: Readonly<IoCounts>, childrenFaults: number, hasChildren: boolean): void {
    if (childrenFaults === this.childrenFaults) {
      this.ownReadBytes += this.openReadBytes;
      this.ownWriteBytes += this.openWriteBytes;
      this.openReadBytes = file.readBytes - this.readBytes;
      this.openWriteBytes = file.writeBytes - this.writeBytes;
    } else this.drop();
    this.childrenFaults = childrenFaults;
    // It can have waited for none since.
    if (!hasChildren) {
      this.ownReadBytes += this.openReadBytes;
      this.ownWriteBytes += this.openWriteBytes;
      this.drop();
    }
    this.take(file);
    this.isKnown = true;
  }

  /** Adds what is new of its own to that of its program. */
  passOn(use: ProgramIo): void {
    if (!this.isKnown) return;
    use.readBytes = (use.readBytes || 0) + this.ownReadBytes - this.passedReadBytes;
    use.writeBytes = (use.writeBytes || 0) + this.ownWriteBytes - this.passedWriteBytes;
    this.passedReadBytes = this.ownReadBytes;
    this.passedWriteBytes = this.ownWriteBytes;
  }

  private drop(): void {
    this.openReadBytes = 0;
    this.openWriteBytes = 0;
  }
}
