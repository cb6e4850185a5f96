import { expect, test } from "bun:test";
import { GroupMembers, type GroupPlace } from "../../../src/collect/cgroup/group-members.ts";
import { ParseError } from "../../../src/errors.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const V1: GroupPlace = { version: 1, controllers: ["memory"], path: "/ci/statexec-7-8" };
const V2: GroupPlace = { version: 2, controllers: [], path: "/statexec-7-8" };
const INSIDE = "4:memory:/ci/statexec-7-8\n1:cpu,cpuacct:/\n0::/statexec-7-8\n";

test.each([
  ["its text", INSIDE, true],
  ["in a group below", INSIDE.replaceAll("7-8", "7-8/job"), true],
  ["the group was removed", INSIDE.replace("7-8\n0", "7-8 (deleted)\n0"), true],
  ["in another group of a hierarchy without the controllers", INSIDE.replace("cpuacct:/", "cpuacct:/other"), true],
  ["in the group above, in version 1", INSIDE.replace("/ci/statexec-7-8", "/ci"), false],
  ["in the root, in version 2", INSIDE.replace("0::/statexec-7-8", "0::/"), false],
  ["in a group whose name begins like it", INSIDE.replace("0::/statexec-7-8", "0::/statexec-7-89"), false],
])("is a process a member: %s", (_, text, isMember) => {
  const members = new GroupMembers([V1, V2]);
  expect(members.isMember(bytes(text), false)).toBe(isMember);
  // The text of a member is kept, but that of others is not taken for it.
  expect(members.isMember(bytes(INSIDE), false)).toBe(true);
  expect(members.isMember(bytes(text), false)).toBe(isMember);
});

test("of a process that is ending only version 2 counts", () => {
  const members = new GroupMembers([V1, V2]);
  const gone = INSIDE.replace("/ci/statexec-7-8", "/");
  expect(members.isMember(bytes(gone), true)).toBe(true);
  expect(members.isMember(bytes(gone), false)).toBe(false);
  expect(members.isMember(bytes("4:memory:/\n0::/\n"), true)).toBe(false);
});

test("a text that is none says so", () => {
  expect(() => new GroupMembers([V2]).isMember(bytes("0:"), false)).toThrow(ParseError);
});
