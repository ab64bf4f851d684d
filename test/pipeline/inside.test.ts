/** A folder that holds one recording file is that recording. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { check, openRecording, seal, verify } from "../../src/index.ts";
import { embedSeal } from "../../src/node/embedded-seal.ts";
import { describeInput } from "../../src/node/input.ts";
import { writeFiles } from "../../src/node/output.ts";
import { detectSource } from "../../src/pipeline/open.ts";
import { plumbline, temporaryFolder, writeSample } from "../cli/run.ts";
import { memoryInput } from "../memory-input.ts";
import { sampleMcap } from "../sample-mcap.ts";
import { bagBytes } from "../sources/db3-write.ts";

const root = temporaryFolder();
const drive = join(root, "drive.mcap");
const coco = JSON.stringify({
  images: [0, 1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 64, height: 48 })),
  annotations: [0, 1, 2].map((id) => ({ id, image_id: id, category_id: 1, bbox: [1, 2, 3, 4] })),
  categories: [{ id: 1, name: "car" }],
});
const PCD = "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 1\nHEIGHT 1\nPOINTS 1\nDATA ascii\n1 2 3\n";
const TRAJECTORY = Array.from({ length: 9 }, (_, i) => `${i} ${i} 0 0 0 0 0 1\n`).join("");

let folders = 0;
/** A folder of these files: contents, or paths they are copied from. */
function folderOf(files: Readonly<Record<string, string | Uint8Array | { readonly from: string }>>): string {
  const folder = join(root, `folder-${folders++}`);
  for (const [path, content] of Object.entries(files)) {
    const full = join(folder, path);
    mkdirSync(join(full, ".."), { recursive: true });
    if (typeof content === "object" && "from" in content) copyFileSync(content.from, full);
    else writeFileSync(full, content);
  }
  return folder;
}

const message = async (path: string, options: Parameters<typeof check>[1] = {}): Promise<string> =>
  check(path, options).then(
    () => "no error",
    (error: unknown) => (error instanceof InputError ? error.message.replace(/^folder-\d+: /, "") : String(error)),
  );

beforeAll(() => writeSample(drive, { dropped: [20, 21, 22] }));

describe("one MCAP", () => {
  test("the report of the file, on any number of workers and any cut", async () => {
    const folder = folderOf({ "drive.mcap": { from: drive } });
    const expected = await check(drive);
    expect(expected.findings.length).toBeGreaterThan(0);
    for (const options of [{ workers: 0 }, { workers: 2, spanBytes: 1000 }, { source: "mcap" }]) {
      expect(await check(folder, options)).toEqual(expected);
    }
    expect(await check(`${folder}/`)).toEqual(expected);
  });

  test("whatever lies beside it", async () => {
    const folder = folderOf({
      "drive.mcap": { from: drive },
      "metadata.yaml": "rosbag2_bagfile_information:\n  version: 5\n",
      "README.md": "# A drive\n".repeat(20),
      LICENSE: "text\n".repeat(50),
      "notes.txt": "\n\n\n".repeat(100),
      "checksums.txt": "d41d8cd98f00b204e9800998ecf8427e  drive.mcap\n".repeat(4),
      "log.txt": "2024-01-01 10:00:00 started\n".repeat(20),
      "load.csv": `time,cpu\n${"1,2\n".repeat(40)}`,
      "calib.json": JSON.stringify({ camera: { fx: 1, fy: 2, distortion: [1, 2, 3, 4], name: "front left, wide angle lens" } }),
      "drive.truth.json": JSON.stringify({ schema: "plumbline.truth/1", moments: [], labels: {}, faults: [], messages: { "/a": 1 } }),
      ".DS_Store": "x".repeat(100),
      "._drive.mcap": "Mac OS X        ".repeat(10),
      ".git/config": "x".repeat(100),
      "preview.png": "\u0089PNG".repeat(40),
      "drive.mcap.seal": (await seal(drive)).bytes,
    });
    expect(await check(folder)).toEqual(await check(drive));
    expect((await verify(folder)).summary.fail).toBe(0);
  });

  test("its rig is the folder's", async () => {
    const folder = folderOf({
      "drive.mcap": { from: drive },
      "rig.yaml": "schema: plumbline.rig/1\nstreams: [{ id: /gone, required: true }]\n",
    });
    const { code, stdout } = await plumbline(["check", folder, "--format", "json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).findings).toContainEqual(expect.objectContaining({ check: "time/modality", stream: "/gone" }));
  });

  test("labels beside it join, from a folder too", async () => {
    const labels = folderOf({ "boxes of mine": coco, "README.md": "x".repeat(99) });
    const folder = folderOf({ "drive.mcap": { from: drive } });
    const expected = await check(drive, { labels: [labels] });
    expect(expected.recording.streams.at(-1)).toMatchObject({ id: "boxes of mine", kind: "labels", frames: 3 });
    expect(await check(folder, { labels: [labels], workers: 2, spanBytes: 1000 })).toEqual(expected);
  });

  test("it is sealed, verified by the seal beside the folder or inside the file, and read", async () => {
    const folder = folderOf({ "drive.mcap": { from: drive } });
    const sealed = await seal(folder);
    expect(sealed.bytes).toEqual((await seal(drive)).bytes);
    writeFileSync(`${folder}.seal`, sealed.bytes);
    expect((await verify(folder)).summary.fail).toBe(0);
    const copy = join(root, "copy.mcap");
    await writeFiles({ copy: { path: copy } }, ({ copy: into }) => embedSeal(describeInput(drive), into, sealed.bytes, 0n));
    expect((await verify(folderOf({ "copy.mcap": { from: copy } }))).summary.fail).toBe(0);
    const opened = await openRecording(folder);
    let frames = 0;
    for await (const frame of opened.frames()) frames += frame.payload.length > 0 ? 1 : 0;
    opened.close();
    expect(frames).toBe((await check(drive)).recording.streams.reduce((sum, stream) => sum + stream.frames, 0));
  });

  test("below a folder of its own", async () => {
    expect(await check(folderOf({ "run/data/drive.mcap": { from: drive }, "run/info.yaml": "x: 1\n".repeat(30) }))).toEqual(
      await check(drive),
    );
  });
});

describe("one file of another format", () => {
  const bag = (): Uint8Array => bagBytes([{ id: 1, name: "/a", type: "t" }], [{ topic: 1, logNs: 1n, data: new Uint8Array(9) }]);

  test.each([
    ["a label file without its ending", { labels: coco, "a.md": "x".repeat(99) }, "coco"],
    ["a cloud without its ending", { cloud: PCD }, "pcd"],
    ["an MCAP without its ending", { recording: () => sampleMcap() }, "mcap"],
    ["a database of ROS 2", { "run_0.db3": bag, "README.md": "x".repeat(99) }, "rosbag2"],
    ["a database without its ending", { run: bag }, "rosbag2"],
  ] as const)("%s", async (_, files, format) => {
    const contents: Record<string, string | Uint8Array> = {};
    for (const [path, content] of Object.entries<string | (() => Uint8Array | Promise<Uint8Array>)>(files)) {
      contents[path] = typeof content === "string" ? content : await content();
    }
    const folder = folderOf(contents);
    const report = await check(folder);
    expect(report.recording).toMatchObject({ format });
    expect(await check(folder, { workers: 1 })).toEqual(report);
  });
});

describe("several are refused in one line that names them", () => {
  test("MCAP files and bags", async () => {
    const from = { from: drive };
    expect(await message(folderOf({ "a.mcap": from, "b.mcap": from }))).toBe(
      "expected a folder of one recording, got several: a.mcap, b.mcap",
    );
    expect(await message(folderOf({ "a.mcap": from, "b.BAG": "#ROSBAG V2.0\n" }))).toMatch(/got several: a\.mcap, b\.BAG$/);
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}.mcap`, from]));
    expect(await message(folderOf(many))).toMatch(/got several: 0\.mcap, 1\.mcap, 2\.mcap, 3\.mcap, 4\.mcap and 4 more$/);
    expect(await message(folderOf({ "run1/a.mcap": from, "run2/a.mcap": from }))).toMatch(/got several: run1\/a\.mcap, run2\/a\.mcap$/);
  });

  test("also where one of them is empty", async () => {
    expect(await message(folderOf({ "a.mcap": { from: drive }, "b.mcap": "" }))).toMatch(/got several: a\.mcap, b\.mcap$/);
  });

  test("an MCAP beside labels, poses or a bag of databases: nothing is passed over; a format chooses", async () => {
    const mcap = { from: drive };
    const both = folderOf({ "a.mcap": mcap, "boxes.json": coco });
    const hint = "expected the path of one, or --source; labels beside a recording are --labels";
    expect(await message(both)).toBe(`holds a.mcap beside a coco recording; ${hint}`);
    expect((await check(both, { source: "mcap" })).recording.name).toBe("a.mcap");
    expect((await check(both, { source: "coco" })).recording.format).toBe("coco");
    expect(await message(folderOf({ "a.mcap": mcap, "poses.txt": TRAJECTORY }))).toMatch(/^holds a\.mcap beside a tum recording/);
    expect(await message(folderOf({ "a.mcap": mcap, "bag_0.db3": "x".repeat(99) }))).toMatch(/^holds a\.mcap beside a rosbag2 recording/);
  });

  test("on the command line: exit 3, one line", async () => {
    const { code, stdout, stderr } = await plumbline(["check", folderOf({ "a.mcap": { from: drive }, "b.mcap": { from: drive } })]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^plumbline: [^\n]*got several: a\.mcap, b\.mcap\n$/);
  });
});

describe("folders as they were", () => {
  test("one that holds nothing of the kind is refused as before", async () => {
    expect(await message(folderOf({ "a.txt": "nothing of interest, but long enough to be looked into. ".repeat(3) }))).toMatch(
      /^no recording recognised in this folder/,
    );
    expect(await message(folderOf({ "a.mcap": "x".repeat(99) }))).toMatch(/^no recording recognised in this folder/);
    expect(await message(folderOf({ "a.mcap": "" }))).toBe("empty folder");
  });

  test("one of very many files is not looked into one by one", async () => {
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}.bin`, readFileSync(drive).subarray(0, 100)]));
    await expect(detectSource(memoryInput("many", { ...files }))).rejects.toThrow(/no recording recognised/);
  });
});
