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

/** What one process had read and written when its file was last read. */
export class LastIo extends IoBytes {
  /** Its CPU time just before that; NaN: the file is to be read again. */
  cpuSeconds = Number.NaN;
  /** The file was read. */
  isKnown = false;
}
