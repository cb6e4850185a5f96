import { type ProcFs, readIfAllowed } from "./procfs.ts";
import { RowNames, withRoomFor } from "./row-table.ts";
import { Scanner } from "./scanner.ts";
import { BlockDevices } from "./sys-devices.ts";

const encoded = (text: string) => new TextEncoder().encode(text);

const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;

const EXPECTED = "`major:minor` and `key=number`";
const READ_KEY = encoded("rbytes=");
const WRITTEN_KEY = encoded("wbytes=");

/**
 * io.stat of version 2: bytes that a group moved to and from storage, by device as `major:minor`. Version 1 has no file
 * to match: from Linux 6.10 on blkio.throttle.io_service_bytes is 0 where nothing is throttled, and before that it
 * missed what the kernel wrote later. Some kernels leave out the line break behind a device that has no figures, so that
 * words are taken one by one and a device goes on to the next device.
 */
export class CgroupIoStat {
  readonly devices = new RowNames();
  /** By a device's index; NaN: it has no figure. May be longer than the devices. */
  readBytes: Float64Array = new Float64Array(0);
  writtenBytes: Float64Array = new Float64Array(0);
  private readonly scan = new Scanner("io.stat");

  /** Takes a text in place of the last; an empty one is a group that moved nothing. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    let device = -1;
    this.clear();
    for (scan.begin(bytes); !scan.ended; scan.nextLine()) {
      if (!scan.atDigit && !scan.lineEnded) scan.fail(EXPECTED);
      for (; !scan.lineEnded; scan.skipSpaces()) {
        if (scan.atDigit) device = this.device(bytes, device + 1);
        else if (scan.accept(READ_KEY)) this.readBytes[device] = scan.number(EXPECTED);
        else if (scan.accept(WRITTEN_KEY)) this.writtenBytes[device] = scan.number(EXPECTED);
        else scan.skipWord();
      }
    }
  }

  clear(): void {
    this.readBytes.fill(Number.NaN);
    this.writtenBytes.fill(Number.NaN);
  }

  private device(bytes: Uint8Array, near: number): number {
    const { scan } = this;
    const start = scan.at;
    scan.skipWord();
    if (!isDevice(bytes, start, scan.at)) scan.fail(EXPECTED);
    const index = this.devices.indexOf(bytes, start, scan.at, near);
    this.readBytes = withRoomFor(index, this.readBytes);
    this.writtenBytes = withRoomFor(index, this.writtenBytes);
    return index;
  }
}

/** Digits, a colon, digits. */
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
 * Which devices a sum takes: whole disks that are not made of others, whose traffic is counted at both. Told apart once
 * for each device; where nothing is known of one, it counts.
 */
export class SummedDevices {
  private readonly summed: boolean[] = [];

  constructor(private readonly proc: ProcFs) {}

  /** Bytes read (or written), of all of them: 0 where there is none. */
  sum(devices: RowNames, bytes: Float64Array): number {
    const { all } = devices;
    if (this.summed.length < all.length) this.classify(all);
    let total = 0;
    for (let i = 0; i < all.length; i++) if (this.summed[i] && !Number.isNaN(bytes[i])) total += bytes[i]!;
    return total;
  }

  private classify(numbers: readonly string[]): void {
    const devices = new BlockDevices(this.proc);
    const diskstats = new TextDecoder().decode(readIfAllowed(this.proc, "/proc/diskstats"));
    for (const number of numbers.slice(this.summed.length)) {
      const [major, minor] = number.split(":");
      const name = new RegExp(`^ *${major} +${minor} (\\S+) `, "m").exec(diskstats)?.[1];
      this.summed.push(name === undefined || (devices.isWholeDisk(name) && !devices.isStacked(name)));
    }
  }
}
