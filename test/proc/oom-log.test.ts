import { expect, test } from "bun:test";
import { oomKillsIn } from "../../src/proc/oom-log.ts";

const KIB = 1024;
const PAGE = 4096;

/** A kill in a group as Linux 6.18 logs it, in the form of syslog(2). */
const IN_GROUP = `<4>[ 9330.964935] python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
<6>[ 9330.965001] memory: usage 65536kB, limit 65536kB, failcnt 26
<6>[ 9330.965004] Memory cgroup stats for /a/b:
<6>[ 9330.965099] Tasks state (memory values in pages):
<6>[ 9330.965100] [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
<6>[ 9330.965101] [  11070]     0 11070     1000       20       10       10         0     4096        0          1000 a 7
<6>[ 9330.965102] [  11069]     0 11069    19516    17970    16320     1650         0   192512        0             0 cc1 plus)
<6>[ 9330.965106] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=a 7,pid=11070,uid=0
<3>[ 9330.965122] Memory cgroup out of memory: Killed process 11070 (a 7) total-vm:4000kB, anon-rss:40kB, file-rss:30kB, shmem-rss:10kB, UID:0 pgtables:4kB oom_score_adj:1000
`;

/** One of the whole machine, as Linux 4.19 to 5 logged it, with the thread that wrote it. */
const OF_MACHINE = `<4>[   50.100000][  T77] cat invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0
<6>[   50.100001][  T77] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
<6>[   50.100002][  T77] [     42]  1000    42    90000    50000   192512        0             0 firefox
<6>[   50.100003][  T77] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/user,task=firefox,pid=42,uid=1000
<3>[   50.100004][  T77] Out of memory: Killed process 42 (firefox) total-vm:360000kB, anon-rss:199000kB, file-rss:1000kB, shmem-rss:0kB, UID:1000
`;

test("a kill in a group has its limit, the largest process and who was killed, whatever their names are", () => {
  expect(oomKillsIn(`<6>[ 1.0] other\n${IN_GROUP}<6>[ 9999.0] later\n`, PAGE)).toEqual([
    {
      ...{ pid: 11_070, name: "a 7", bytes: 80 * KIB, atSeconds: 9330.965122 },
      ...{ limitGroup: "/a", limitBytes: 65_536 * KIB, taskGroup: "/a/b" },
      largest: { pid: 11_069, name: "cc1 plus)", bytes: 17_970 * PAGE },
    },
  ]);
});

test("a kill of the machine has no group's limit, in the form of older kernels, too; nothing is left of the one before", () => {
  const [, kill] = oomKillsIn(IN_GROUP + OF_MACHINE, PAGE);
  expect(kill).toEqual({
    ...{ pid: 42, name: "firefox", bytes: 200_000 * KIB, atSeconds: 50.100004 },
    ...{ limitGroup: undefined, limitBytes: Number.NaN, taskGroup: "/user" },
    largest: { pid: 42, name: "firefox", bytes: 50_000 * PAGE },
  });
});

test("a kill whose report was left out, as the kernel does where there are many, has its process alone", () => {
  const killed = IN_GROUP.split("\n").at(-2)!.replaceAll("11070", "500");
  expect(oomKillsIn(`${IN_GROUP}${killed}\n`, PAGE)[1]).toEqual({
    ...{ pid: 500, name: "a 7", bytes: 80 * KIB, atSeconds: 9330.965122 },
    ...{ limitGroup: undefined, limitBytes: Number.NaN, taskGroup: undefined, largest: undefined },
  });
});

test("a log that begins in the middle, has no times, or has none of it is no error", () => {
  expect(oomKillsIn("", PAGE)).toEqual([]);
  const half = IN_GROUP.slice(IN_GROUP.length / 2).replaceAll(/\[ 9330[^\]]*\] /g, "");
  const [kill] = oomKillsIn(half, PAGE);
  expect([kill!.pid, kill!.atSeconds]).toEqual([11_070, Number.NaN]);
});
