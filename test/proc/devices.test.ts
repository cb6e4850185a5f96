import { describe, expect, test } from "bun:test";
import { BlockDevices, isStackedInterface } from "../../src/proc/sys-devices.ts";
import { procTree } from "../helpers/proc-tree.ts";

const bare = procTree();

describe("block devices by name, without /sys", () => {
  const devices = new BlockDevices(bare);

  test.each(["sda", "sdaa", "vda", "xvda", "hda", "nvme0n1", "nvme0c1n1", "mmcblk0", "mmcblk0boot0", "nbd0", "sr0"])(
    "%s is a disk that stands on nothing",
    (name) => {
      expect([devices.isWholeDisk(name), devices.isStacked(name)]).toEqual([true, false]);
    },
  );

  test.each(["dm-0", "md0", "md127", "md_d0", "bcache0", "drbd1", "zd16"])("%s is a disk made of others", (name) => {
    expect([devices.isWholeDisk(name), devices.isStacked(name)]).toEqual([true, true]);
  });

  test.each(["sda1", "sdaa12", "vda1", "xvda1", "hda5", "dasda1", "nvme0n1p1", "mmcblk0p2", "nbd0p1", "md127p1"])(
    "%s is a partition",
    (name) => {
      expect(devices.isWholeDisk(name)).toBe(false);
    },
  );

  test.each(["loop0", "loop0p1", "ram0", "zram0"])("%s is no disk", (name) => {
    expect(devices.isWholeDisk(name)).toBe(false);
  });
});

describe("block devices by /sys/block", () => {
  test("a whole disk may have a partition's name, and a partition a disk's", () => {
    const devices = new BlockDevices(procTree({ "/sys/block/xvda1/size": "8" }));
    expect([devices.isWholeDisk("xvda1"), devices.isWholeDisk("xvda")]).toEqual([true, false]);
  });

  test("a slash in a name is `!` there", () => {
    const tree = procTree({ "/sys/block/cciss!c0d0/slaves/sda/size": "8" });
    const devices = new BlockDevices(tree);
    expect([devices.isWholeDisk("cciss/c0d0"), devices.isStacked("cciss/c0d0")]).toEqual([true, true]);
  });

  test("a mapped device over nothing is not stacked, nor is an array without members", () => {
    const devices = new BlockDevices(procTree({ "/sys/block/dm-0/size": "8" }).folder("/sys/block/md0/slaves"));
    expect([devices.isStacked("dm-0"), devices.isStacked("md0")]).toEqual([false, false]);
  });

  test("where /sys is refused the names decide", () => {
    const devices = new BlockDevices(procTree({ "/sys/block/sda1/size": "8" }).forbid("/sys"));
    expect([devices.isWholeDisk("sda1"), devices.isWholeDisk("sdb")]).toEqual([false, true]);
  });

  test("what else goes wrong in /sys is not taken for a refusal", () => {
    const broken = {
      read: () => undefined,
      exists: () => true,
      list: () => {
        throw new Error("EIO");
      },
    };
    expect(() => new BlockDevices(broken)).toThrow("EIO");
  });
});

describe("interfaces", () => {
  test.each([
    "eth0.100",
    "eth0:1",
    "bond0",
    "bond0.5",
    "br0",
    "br-5d1c",
    "docker0",
    "virbr0",
    "vlan7",
    "team0",
    "macvlan0",
  ])("%s without /sys is stacked, by its name", (name) => {
    expect(isStackedInterface(bare, name)).toBe(true);
  });

  test.each(["lo", "eth0", "enp3s0", "ens1f0np0", "wlan0", "veth12ab34c", "brcm0", "wg0", "tun0", "eth0.x"])(
    "%s without /sys is not",
    (name) => {
      expect(isStackedInterface(bare, name)).toBe(false);
    },
  );

  test("/sys knows better than the name", () => {
    const tree = procTree({ "/sys/class/net/bond0/mtu": "1500", "/sys/class/net/lan/lower_eth0": "" });
    expect([isStackedInterface(tree, "bond0"), isStackedInterface(tree, "lan")]).toEqual([false, true]);
  });

  test("where /sys is of another network namespace, or refused, the names decide", () => {
    const tree = procTree({ "/sys/class/net/eth9/mtu": "1500" });
    expect([isStackedInterface(tree, "eth0.7"), isStackedInterface(tree, "eth0")]).toEqual([true, false]);
    tree.set("/sys/class/net/bond0/mtu", "1500").forbid("/sys/class/net");
    expect(isStackedInterface(tree, "bond0")).toBe(true);
  });
});
