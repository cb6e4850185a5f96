import { type ProcFs, readIfAllowed } from "./procfs.ts";
import { RowTable } from "./row-table.ts";
import { encode, Scanner } from "./scanner.ts";
import { BlockDevices } from "./sys-devices.ts";

const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;

const EXPECTED = "`major:minor` and `key=number`";

/** Bytes that were read and written, as io.stat names them. */
const FIELDS = ["rbytes", "wbytes"] as const;
const KEYS = FIELDS.map((field) => encode(`${field}=`));

/**
 * io.stat of version 2: bytes that a cgroup moved to and from storage, by device as `major:minor`. Version 1 has no file
 * like it: from Linux 6.10 on blkio.throttle.io_service_bytes is 0 where nothing is throttled, and before that it
 * missed what the kernel wrote later. Some kernels leave out the line break after a device without values, so words are
 * read one by one, and a device's values end at the next device.
 */
export class CgroupIoStat {
  readonly devices = new RowTable(FIELDS);
  private readonly scan = new Scanner("io.stat");

  /** Takes the values of a text; an empty one is a cgroup that moved nothing. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    let device = -1;
    this.clear();
    for (scan.begin(bytes); !scan.ended; scan.nextLine()) {
      if (!scan.atDigit && !scan.lineEnded) scan.fail(EXPECTED);
      for (; !scan.lineEnded; scan.skipSpaces()) {
        if (scan.atDigit) device = this.readDevice(bytes, device + 1);
        else if (!this.readValue(device)) scan.skipWord();
      }
    }
  }

  /** Removes all values, as for a file that does not exist. */
  clear(): void {
    this.devices.clear();
  }

  /** Reads a device's number and returns its index. */
  private readDevice(bytes: Uint8Array, near: number): number {
    const { scan, devices } = this;
    const start = scan.at;
    scan.skipWord();
    if (!isDevice(bytes, start, scan.at)) scan.fail(EXPECTED);
    const index = devices.names.indexOf(bytes, start, scan.at, near);
    devices.start(index);
    return index;
  }

  /** Reads the value of one of the fields; false: the next word is none. */
  private readValue(device: number): boolean {
    const { scan, devices } = this;
    for (let field = 0; field < KEYS.length; field++) {
      if (!scan.accept(KEYS[field]!)) continue;
      devices.values[devices.start(device) + field] = scan.number(EXPECTED);
      return true;
    }
    return false;
  }
}

/** Whether the text is digits, a colon, digits. */
function isDevice(bytes: Uint8Array, start: number, end: number): boolean {
  let colon = -1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === COLON && colon < 0) colon = at;
    else if (byte < ZERO || byte > NINE) return false;
  }
  return colon > start && colon < end - 1;
}

/**
 * The bytes of whole disks that are not made of others: traffic of a disk that is made of others is counted at both. A
 * device that cannot be classified counts. Each is classified once.
 */
export class CgroupDiskSums {
  private readonly isSummed: boolean[] = [];

  constructor(
    private readonly proc: ProcFs,
    private readonly io: CgroupIoStat,
  ) {}

  /** Bytes read from all of them; 0 where there is none. */
  get readBytes(): number {
    return this.sum("rbytes");
  }
  get writtenBytes(): number {
    return this.sum("wbytes");
  }

  private sum(field: (typeof FIELDS)[number]): number {
    const { devices } = this.io;
    const { length } = devices.names.all;
    if (this.isSummed.length < length) this.classify(devices.names.all);
    let total = 0;
    for (let device = 0; device < length; device++) {
      const bytes = this.isSummed[device] ? devices.value(device, field) : Number.NaN;
      if (!Number.isNaN(bytes)) total += bytes;
    }
    return total;
  }

  private classify(numbers: readonly string[]): void {
    const devices = new BlockDevices(this.proc);
    const diskstats = new TextDecoder().decode(readIfAllowed(this.proc, "/proc/diskstats"));
    for (const number of numbers.slice(this.isSummed.length)) {
      const [major, minor] = number.split(":");
      const name = new RegExp(`^ *${major} +${minor} (\\S+) `, "m").exec(diskstats)?.[1];
      this.isSummed.push(name === undefined || (devices.isWholeDisk(name) && !devices.isStacked(name)));
    }
  }
}
