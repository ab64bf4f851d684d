/** Folders that somebody else has filled: nothing in them hangs the reader, and what is not read is named. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { ConfigError, InputError } from "../src/errors.ts";
import { check, openRecording, type Report, seal } from "../src/index.ts";
import { STAMPS, SWEEPS, sweepPath, writeKittiDrive } from "./kitti-drive.ts";
import { bagBytes } from "./sources/db3-write.ts";
import { makeDevice, makePipes, makeSocket, makeSparse } from "./special-files.ts";

const base = mkdtempSync(join(tmpdir(), "plumbline-untrusted-"));
afterAll(() => rmSync(base, { recursive: true }));
const drive = join(base, "drive");
const store = join(base, "store");
const inDrive = (path: string): string => join(drive, path);

beforeEach(() => {
  writeKittiDrive(drive);
  rmSync(store, { recursive: true, force: true });
  mkdirSync(store);
});

const container = ({ verdicts }: Report) => verdicts.find((verdict) => verdict.check === "integrity/container");

/** "kind severity file" of all that was left out. */
const leftOut = ({ findings }: Report): readonly string[] =>
  findings
    .filter(({ kind }) => ["special-file", "link-out", "broken-link", "unreadable-file"].includes(kind))
    .map(({ kind, severity, file }) => `${kind} ${severity} ${file}`)
    .sort();

/** Takes a path out of the drive, and puts a link to where it is now in its place. */
function moveOut(path: string): void {
  const away = join(store, path.replaceAll("/", "_"));
  renameSync(inDrive(path), away);
  symlinkSync(away, inDrive(path));
}

describe("what is no file", () => {
  test("in place of a sweep, of the stamps, and beside them", async () => {
    for (const path of [sweepPath(1), sweepPath(3), STAMPS]) rmSync(inDrive(path));
    makePipes(inDrive(sweepPath(1)), inDrive(STAMPS));
    await makeSocket(inDrive("socket"));
    symlinkSync("nowhere", inDrive(sweepPath(3)));
    for (const workers of [0, 2]) {
      const report = await check(drive, { workers });
      expect(leftOut(report)).toEqual([
        `broken-link warning ${sweepPath(3)}`,
        "special-file warning socket",
        `special-file warning ${sweepPath(1)}`,
        `special-file warning ${STAMPS}`,
      ]);
      expect(container(report)?.status).toBe("fail");
      expect(report.recording.streams.map(({ frames }) => frames)).toEqual([3]);
    }
  });

  test("is named too when no recording is found", async () => {
    rmSync(inDrive(SWEEPS), { recursive: true });
    makePipes(inDrive("a"), inDrive("b"));
    symlinkSync("nowhere", inDrive("c"));
    symlinkSync(store, inDrive("d"));
    await expect(check(drive)).rejects.toThrow(
      /: no recording recognised in this folder .*; not read: 2 pipes, 1 link that leads out of it \(--follow reads it\), 1 link to nothing$/,
    );
  });

  test("in a bag: as its metadata, its journal, another database", async () => {
    const bag = join(base, "bag");
    mkdirSync(bag);
    const topics = [{ id: 1, name: "/a", type: "std_msgs/msg/String" }];
    const bytes = bagBytes(topics, [{ topic: 1, logNs: 1n, data: Uint8Array.of(0, 1, 0, 0, 2, 0, 0, 0, 97, 0) }]);
    writeFileSync(join(bag, "bag_0.db3"), bytes);
    makePipes(join(bag, "metadata.yaml"), join(bag, "bag_0.db3-wal"), join(bag, "bag_1.db3"));
    const whole = ["special-file warning bag_0.db3-wal", "special-file warning bag_1.db3", "special-file warning metadata.yaml"];
    expect(leftOut(await check(bag))).toEqual(whole);
    expect(leftOut(await check(join(bag, "bag_0.db3")))).toEqual(["special-file warning bag_0.db3-wal"]);
  });

  test("in labels beside a recording", async () => {
    const labels = join(base, "labels");
    mkdirSync(labels);
    writeFileSync(join(labels, "boxes.csv"), "frame,track,class,x1,y1,x2,y2\n0,a,car,10,20,30,40\n1,a,car,10,20,30,40\n");
    makePipes(join(labels, "pipe"));
    expect(leftOut(await check(drive, { labels: [labels] }))).toEqual(["special-file warning labels/pipe"]);
    await expect(check(drive, { labels: [join(labels, "pipe")] })).rejects.toThrow(ConfigError);
  });

  test("by the hundred: the first are located, the others counted", async () => {
    const names = Array.from({ length: 250 }, (_, i) => `p${String(i).padStart(3, "0")}`);
    makePipes(...names.map(inDrive));
    const report = await check(drive);
    expect(report.findings.filter(({ kind }) => kind === "special-file")).toHaveLength(100);
    expect(container(report)?.observed["damages"]).toEqual({ "special-file": 250 });
  });
});

describe("links that lead out of the folder", () => {
  test("are named and leave the question open, and are read when asked to", async () => {
    const before = await check(drive);
    for (const path of [sweepPath(0), sweepPath(4)]) moveOut(path);
    const report = await check(drive);
    expect(leftOut(report)).toEqual([`link-out info ${sweepPath(0)}`, `link-out info ${sweepPath(4)}`]);
    expect(container(report)).toMatchObject({ status: "fail" });
    expect(report.recording.streams.map(({ frames }) => frames)).toEqual([3]);
    expect({ ...(await check(drive, { follow: true })), recording: {} }).toEqual({ ...before, recording: {} });
  });

  test("alone: not_run, with what to do", async () => {
    writeFileSync(join(store, "readme"), "read me");
    symlinkSync(join(store, "readme"), inDrive("readme"));
    expect(container(await check(drive))).toMatchObject({
      status: "not_run",
      reason: "1 link leads out of the folder (--follow reads it)",
      coverage: { items: 1, checked: 0 },
    });
    symlinkSync(store, inDrive("store"));
    expect(container(await check(drive))?.reason).toBe("2 links lead out of the folder (--follow reads them)");
    expect(container(await check(drive, { follow: true }))?.reason).toBe("no checksum");
  });

  test("a stream linked in whole: the one line says how to read it", async () => {
    moveOut(SWEEPS);
    await expect(check(drive)).rejects.toThrow(/not read: 1 link that leads out of it \(--follow reads it\)$/);
    await expect(openRecording(drive)).rejects.toThrow(InputError);
    expect((await check(drive, { follow: true })).recording.streams).toMatchObject([{ frames: 5 }]);
    const recording = await openRecording(drive, { follow: true });
    expect(recording.streams).toHaveLength(1);
    recording.close();
  });

  test("and a seal says what it does not hold", async () => {
    moveOut(sweepPath(2));
    const { damages, seal: made } = await seal(drive);
    expect(damages.map(({ kind, file }) => `${kind} ${file}`)).toContain(`link-out ${sweepPath(2)}`);
    expect(made.streams.map(({ frames }) => frames)).toEqual([4]);
    expect((await seal(drive, { follow: true })).seal.streams.map(({ frames }) => frames)).toEqual([5]);
  });
});

/** Where a format would look. */
const PLACES = [
  ...[
    sweepPath(0),
    sweepPath(1),
    sweepPath(2),
    STAMPS,
    "image_02/data/0000000000.png",
    "image_02/timestamps.txt",
    "oxts/data/0000000000.txt",
  ],
  ...["gt/gt.txt", "det/det.txt", "seqinfo.ini", "img1/000001.jpg", "label_02.txt", "calib.txt", "metadata.yaml", "rig.yaml", "a_0.db3"],
  ...[
    "a_0.db3-wal",
    "a_1.db3",
    "a.mcap",
    "a.bag",
    "cloud.pcd",
    "1.las",
    "boxes.csv",
    "labels.json",
    "annotations.xml",
    "mav0/imu0/data.csv",
  ],
  ...["groundtruth.txt", "sensors/lidar/1.feather", "annotations.feather", "v1.0/sample_annotation.json", "x/y/z", "x/y", "x"],
];
const HEADS = [
  ...["", "\u0089MCAP0\r\n", "#ROSBAG V2.0\n", "SQLite format 3\0", '{"images":[', '<?xml version="1.0"?><annotations>', "LASF", "ARROW1"],
  ...[
    "1,1,10,20,30,40,1,1,1\n",
    "# .PCD v0.7\n",
    "2011-09-26 13:02:25.000000000\n",
    "1311868163.8 0 0 0 0 0 0 1\n",
    "schema: plumbline.rig/1\n",
  ],
];
const entry = fc.record({
  path: fc.constantFrom(...PLACES),
  what: fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: "pipe" } as const) },
    { weight: 1, arbitrary: fc.constant({ kind: "device" } as const) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("file" as const), head: fc.constantFrom(...HEADS) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("sparse" as const),
        head: fc.constantFrom(...HEADS),
        bytes: fc.constantFrom(1, 2 ** 16, 2 ** 26 + 1),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("link" as const),
        to: fc.oneof(
          fc.constantFrom(...PLACES).map(inDrive),
          fc.constantFrom(".", "x", "nowhere", drive, store, base, "/dev/zero", "/proc/self/environ"),
        ),
      }),
    },
  ),
});

test("a folder of anything, anywhere: a report or one line, and no pipe passed over in silence", async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(entry, { minLength: 1, maxLength: 12 }), fc.boolean(), async (isDrive, entries, follow) => {
      writeKittiDrive(drive);
      if (!isDrive) rmSync(inDrive("velodyne_points"), { recursive: true });
      const pipes = new Set<string>();
      for (const { path, what } of entries) {
        try {
          const at = inDrive(path);
          mkdirSync(dirname(at), { recursive: true });
          rmSync(at, { recursive: true, force: true });
          for (const pipe of [...pipes]) if (pipe === path || pipe.startsWith(`${path}/`)) pipes.delete(pipe);
          if (what.kind === "pipe") pipes.add(path);
          else if (what.kind === "device") makeDevice(at);
          else if (what.kind === "file") writeFileSync(at, what.head, "latin1");
          else if (what.kind === "sparse") makeSparse(at, what.bytes, what.head);
          else symlinkSync(what.to, at);
        } catch {
          // A place below a file, or behind a link that leads in a circle.
        }
      }
      makePipes(...[...pipes].map(inDrive));
      try {
        const report = await check(drive, { workers: 0, follow });
        const files = report.findings.map(({ file }) => file);
        for (const pipe of pipes) expect(files).toContain(pipe);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        const { message } = error as InputError;
        expect(message).not.toContain("\n");
        if (pipes.size > 0) expect(message).toMatch(/not read: .*\d+ pipes?\b/);
      }
    }),
    { numRuns: 60, seed: 7 },
  );
});

test("a file of holes is refused or read to its end soon, whatever it says it is", async () => {
  const big = 2 ** 42;
  const sample = (name: string, head: string | Uint8Array): string => {
    const path = join(base, name);
    makeSparse(path, big, head);
    return path;
  };
  const topics = [{ id: 1, name: "/a", type: "std_msgs/msg/String" }];
  const database = bagBytes(topics, [{ topic: 1, logNs: 1n, data: new Uint8Array(10) }]);
  const large = bagBytes(
    topics,
    Array.from({ length: 100 }, (_, i) => ({ topic: 1, logNs: BigInt(i), data: new Uint8Array(1000) })),
  );
  for (const path of [
    sample("holes.bin", ""),
    sample("holes.mcap", "\u0089MCAP0\r\n"),
    sample("holes.bag", "#ROSBAG V2.0\n"),
    sample("holes.xml", "<annotations><version>1.1</version>"),
  ]) {
    await expect(check(path, { workers: 0 })).rejects.toThrow(InputError);
    rmSync(path);
  }
  const report = await check(sample("holes.db3", database), { workers: 0 });
  expect(report.recording.streams).toMatchObject([{ id: "/a", frames: 1 }]);
  // Its tables lead to pages that are zeros: their rows are sought in all others.
  const lost = await check(sample("lost.db3", large.subarray(0, 3 * 4096)), { workers: 0 });
  expect(lost.recording.streams).toMatchObject([{ id: "/a", frames: 0 }]);
  for (const name of ["holes.db3", "lost.db3"]) rmSync(join(base, name));
});

test("in a folder such files are named, not read", async () => {
  makeSparse(inDrive(sweepPath(2)), 50 * 2 ** 30);
  makeSparse(inDrive("image_02_timestamps"), 50 * 2 ** 30);
  const report = await check(drive, { workers: 0 });
  expect(report.findings.map(({ kind, file }) => `${kind} ${file}`)).toContain(`file-too-large ${sweepPath(2)}`);
  makeSparse(inDrive(STAMPS), 50 * 2 ** 30);
  expect((await check(drive, { workers: 0 })).findings.map(({ kind, file }) => `${kind} ${file}`)).toContain(`file-too-large ${STAMPS}`);
});

test("nothing of a file outside is told unless it is followed", async () => {
  writeFileSync(join(store, "secret"), "schema: plumbline.rig/1\nsecret: 42\n");
  symlinkSync(join(store, "secret"), inDrive("rig.yaml"));
  expect(JSON.stringify((await check(drive)).findings)).not.toContain("42");
  expect(readFileSync(inDrive("rig.yaml"), "utf8")).toContain("42");
});
