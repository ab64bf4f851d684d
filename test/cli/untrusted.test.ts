/** Pipes, sockets, devices, links and files that grow, wherever the command line takes a file: one line and the right exit code. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeKittiDrive } from "../kitti-drive.ts";
import { makeDevice, makePipes, makeSocket, makeSparse } from "../special-files.ts";
import { plumbline, shell, temporaryFolder, writeSample } from "./run.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const good = at("good.mcap");

/** A recording with something in place of its seal or its rig. */
const RECORDINGS = ["pipe", "socket", "device", "folder", "sparse"] as const;

beforeAll(async () => {
  await writeSample(good);
  makePipes(at("pipe"));
  await makeSocket(at("socket"));
  makeDevice(at("device"));
  mkdirSync(at("folder"));
  makeSparse(at("sparse"), 50 * 2 ** 30);
  for (const kind of RECORDINGS) {
    await writeSample(at(`${kind}.mcap`));
    symlinkSync(at(kind), at(`${kind}.mcap.seal`));
    writeKittiDrive(at(`drive-${kind}`));
  }
  makePipes(at("drive-pipe/rig.yaml"));
  makeDevice(at("drive-device/rig.yaml"));
  mkdirSync(at("drive-folder/rig.yaml"));
  makeSparse(at("drive-sparse/rig.yaml"), 50 * 2 ** 30);
  await makeSocket(at("drive-socket/rig.yaml"));
});

/** Arguments by what the file in them is for, and the exit code. */
const ROLES: Readonly<Record<string, readonly [code: number, args: (kind: string) => readonly string[]]>> = {
  "--rig": [2, (kind) => ["check", good, "--rig", at(kind)]],
  "--seal": [2, (kind) => ["check", good, "--seal", at(kind)]],
  "--key": [2, (kind) => ["seal", good, "--out", at("none.seal"), "--key", at(kind)]],
  "--sign": [2, (kind) => ["seal", good, "--out", at("none.seal"), "--sign", at(kind)]],
  "--public": [2, (kind) => ["verify", good, "--seal", at("any"), "--public", at(kind)]],
  "--labels": [2, (kind) => ["check", good, "--labels", at(kind)]],
  "--faults": [2, (kind) => ["simulate", "--out", at("none.mcap"), "--faults", at(kind)]],
  "proof --check": [2, (kind) => ["proof", "--check", at(kind)]],
  "the seal beside": [2, (kind) => ["verify", at(`${kind}.mcap`)]],
  "the rig inside": [2, (kind) => ["check", at(`drive-${kind}`)]],
  "the recording": [3, (kind) => ["check", at(kind)]],
};

async function refused(role: string, kind: string): Promise<void> {
  const [code, args] = ROLES[role] ?? [0, () => []];
  const ended = await plumbline(args(kind));
  expect([role, kind, ended.code, ended.stdout]).toEqual([role, kind, code, ""]);
  expect(ended.stderr).toMatch(/^plumbline: [^\n]*\n$/);
  const words =
    { sparse: /53687091200|recognised|zero bytes/, folder: /folder/, device: /device|leads out/ }[kind] ?? new RegExp(`got a ${kind}\n`);
  expect(ended.stderr).toMatch(words);
}

test.each(Object.keys(ROLES))("a pipe nobody writes to, as %s", (role) => refused(role, "pipe"));

test.each([
  ["socket", "--rig"],
  ["socket", "the recording"],
  ["device", "the seal beside"],
  ["device", "the rig inside"],
  ["device", "--labels"],
  ["folder", "--key"],
  ["folder", "the rig inside"],
  ["sparse", "--seal"],
  ["sparse", "--faults"],
  ["sparse", "the rig inside"],
  ["sparse", "the recording"],
])("a %s, as %s", (kind, role) => refused(role, kind));

test("a pipe of the shell's is refused too: keys are files", async () => {
  const { code, stderr } = await shell(
    `printf 0123456789abcdef0123456789abcdef | plumbline seal ${good} --out ${at("none.seal")} --key /dev/stdin`,
  );
  expect([code, stderr]).toEqual([2, "plumbline: /dev/stdin: expected a key, got a pipe\n"]);
  expect(existsSync(at("none.seal"))).toBe(false);
});

describe("links that lead out of a folder", () => {
  const drive = at("linked");
  const store = at("store");

  beforeAll(() => {
    writeKittiDrive(drive);
    mkdirSync(store);
    renameSync(join(drive, "velodyne_points"), join(store, "velodyne_points"));
    symlinkSync(join(store, "velodyne_points"), join(drive, "velodyne_points"));
  });

  test("are not followed, and the line says how", async () => {
    for (const command of ["check", "info", "seal"]) {
      const { code, stdout, stderr } = await plumbline([command, drive]);
      expect([command, code, stdout]).toEqual([command, 3, ""]);
      expect(stderr).toMatch(/^plumbline: [^\n]*not read: 1 link that leads out of it \(--follow reads it\)\n$/);
    }
  });

  test("are with --follow, by every command that reads a recording", async () => {
    const [checked, told, sealed, learnt] = await Promise.all([
      plumbline(["check", drive, "--follow", "--fail-on", "error"]),
      plumbline(["info", drive, "--follow"]),
      plumbline(["seal", drive, "--follow", "--out", at("linked.seal")]),
      plumbline(["rig", "learn", drive, "--follow"]),
    ]);
    expect([checked.code, sealed.code]).toEqual([0, 0]);
    for (const { stdout } of [told, learnt]) expect(stdout).toContain("velodyne_points/data");
    expect((await plumbline(["verify", drive, "--follow", "--seal", at("linked.seal")])).code).toBe(0);
  });

  test("leave the question open, which --strict does not accept", async () => {
    writeKittiDrive(at("one"));
    symlinkSync(store, join(at("one"), "more"));
    const { code, stdout } = await plumbline(["check", at("one"), "--fail-on", "warning", "--checks", "integrity/container"]);
    expect(code).toBe(0);
    expect(stdout).toContain("more: a link leads out of the recording's folder and was not followed; --follow reads it");
    expect(stdout).toContain("integrity/container: not run: 1 link leads out of the folder (--follow reads it)");
    expect((await plumbline(["check", at("one"), "--strict", "--checks", "integrity/container"])).code).toBe(3);
    const sealed = await plumbline(["seal", at("one"), "--out", at("one.seal")]);
    expect([sealed.code, sealed.stderr]).toEqual([
      0,
      `plumbline: ${at("one")}: not sealed: what 1 link leads to outside of the folder (--follow reads it)\n`,
    ]);
  });

  test("as the rig.yaml: refused, with what to do", async () => {
    writeKittiDrive(at("two"));
    writeFileSync(join(store, "rig.yaml"), "schema: plumbline.rig/1\n");
    symlinkSync(join(store, "rig.yaml"), join(at("two"), "rig.yaml"));
    expect(await plumbline(["check", at("two")])).toEqual({
      code: 2,
      stdout: "",
      stderr: `plumbline: ${at("two/rig.yaml")}: expected a rig, got a link that leads out of the folder (--follow reads it, --rig names another)\n`,
    });
    expect((await plumbline(["check", at("two"), "--follow", "--fail-on", "error"])).code).toBe(0);
  });

  test("but the path itself may be one", async () => {
    writeKittiDrive(at("three"));
    symlinkSync(at("three"), at("to-three"));
    expect((await plumbline(["check", at("to-three"), "--fail-on", "error"])).code).toBe(0);
  });
});

describe("a recording that grows all the while", () => {
  /** Runs the command while something is appended to its recording every few milliseconds. */
  async function whileGrowing(args: (path: string) => readonly string[]) {
    const path = at("growing.mcap");
    writeFileSync(path, readFileSync(good));
    const timer = setInterval(() => appendFileSync(path, "more"), 5);
    try {
      return await plumbline(args(path));
    } finally {
      clearInterval(timer);
      rmSync(path);
    }
  }

  test("is a finding of check", async () => {
    const { code, stdout } = await whileGrowing((path) => ["check", path, "--checks", "integrity/container"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/bytes \d+-\d+: a file of the recording changed while it was read: .*: change grew, bytes \d+ \(expected \d+\)/);
  });

  test("is not sealed: exit 3, no seal, no copy, one line", async () => {
    const out = at("growing.seal");
    const { code, stdout, stderr } = await whileGrowing((path) => ["seal", path, "--out", out, "--embed", at("copy.mcap"), "--s3"]);
    expect([code, stdout, existsSync(out), existsSync(at("copy.mcap"))]).toEqual([3, "", false, false]);
    expect(stderr).toMatch(/^plumbline: growing.mcap: changed while it was read: the file grew from \d+ to \d+ bytes\n$/);
  });

  test("is not confirmed by verify, and teaches no rig", async () => {
    await plumbline(["seal", good, "--out", at("good.seal")]);
    const verified = await whileGrowing((path) => ["verify", path, "--seal", at("good.seal")]);
    expect(verified.code).toBe(3);
    expect(verified.stdout).toContain("changed while it was read");
    const learnt = await whileGrowing((path) => ["rig", "learn", path, "--out", at("rig.yaml")]);
    expect([learnt.code, existsSync(at("rig.yaml"))]).toEqual([3, false]);
  });
});
