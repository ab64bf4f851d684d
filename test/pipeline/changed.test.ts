/** A recording that changes while it is checked is a finding, and is not sealed, at any number of workers. */
import { appendFileSync, cpSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { check, type Finding, openSeal, type Report, seal } from "../../src/index.ts";
import { render } from "../../src/report/json.ts";
import { sweepPath, writeKittiDrive } from "../kitti-drive.ts";
import { sampleMcap } from "../sample-mcap.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-changed-"));
afterAll(() => rmSync(folder, { recursive: true }));

let bytes: Uint8Array;
const file = join(folder, "drive.mcap");
const drive = join(folder, "drive");

beforeAll(async () => {
  bytes = await sampleMcap();
});

const writeFolder = (): void => writeKittiDrive(drive);
const sweep = (i: number): string => join(drive, sweepPath(i));

function replace(path: string): void {
  cpSync(path, `${path}.new`);
  renameSync(`${path}.new`, path);
}

/** The listing is made when `check` is called, the reading after it: what happens between is a change while it is read. */
async function changed(path: string, change: () => void, workers: number): Promise<Report> {
  const report = check(path, { workers });
  change();
  return report;
}

const told = ({ findings }: Report): readonly Finding[] =>
  findings.filter(({ kind }) => kind === "changed-while-read").sort((a, b) => ((a.file ?? "") < (b.file ?? "") ? -1 : 1));

describe.each([0, 1, 2])("with %s workers", (workers) => {
  test.each([
    ["grew", () => appendFileSync(file, "more"), () => [bytes.length, bytes.length + 4]],
    ["shrank", () => truncateSync(file, bytes.length - 4), () => [bytes.length - 4, bytes.length]],
    ["was written to", () => utimesSync(file, 1, 1), () => [0, bytes.length]],
    ["was replaced", () => replace(file), () => [0, bytes.length]],
  ] as const)("a file that %s", async (change, act, where) => {
    writeFileSync(file, bytes);
    const report = await changed(file, act, workers);
    const by = { grew: 4, shrank: -4, "was written to": 0, "was replaced": 0 }[change];
    expect(told(report)).toMatchObject([
      {
        check: "integrity/container",
        severity: "error",
        bytes: where(),
        observed: { change, bytes: bytes.length + by },
        expected: { bytes: bytes.length },
      },
    ]);
    expect(report.verdicts.find((verdict) => verdict.check === "integrity/container")?.status).toBe("fail");
  });

  test("files of a folder that appeared, vanished and grew, each by name, and nothing of those that stayed", async () => {
    writeFolder();
    const report = await changed(
      drive,
      () => {
        appendFileSync(sweep(1), "more");
        writeFileSync(sweep(7), "new");
        rmSync(sweep(3));
      },
      workers,
    );
    expect(told(report).map(({ file: name, observed }) => [name, observed["change"]])).toEqual([
      ["velodyne_points/data/0000000001.bin", "grew"],
      ["velodyne_points/data/0000000003.bin", "vanished"],
      ["velodyne_points/data/0000000007.bin", "appeared"],
    ]);
  });

  test("what was appended is not read: but for the finding the report is that of the file as it was listed", async () => {
    writeFolder();
    const before = await check(drive, { workers });
    const after = await changed(drive, () => appendFileSync(sweep(1), "more"), workers);
    expect(after.recording).toEqual(before.recording);
    const rest = (report: Report) => report.findings.filter(({ kind }) => kind !== "changed-while-read");
    expect(rest(after)).toEqual(rest(before));
  });
});

test("the finding is the same at any number of workers", async () => {
  const reports = new Set<string>();
  for (const workers of [0, 1, 2]) {
    writeFolder();
    const report = await changed(drive, () => appendFileSync(sweep(1), "more"), workers);
    reports.add(render([report]));
  }
  expect(reports.size).toBe(1);
});

test("reading, touching the time of reading and renaming a folder's neighbour is no change", async () => {
  writeFolder();
  expect(told(await changed(drive, () => writeFileSync(join(folder, "beside"), "x"), 0))).toEqual([]);
});

test("labels beside the recording count too", async () => {
  writeFileSync(file, bytes);
  const labels = join(folder, "boxes.csv");
  writeFileSync(labels, "frame,track,class,x1,y1,x2,y2\n0,a,car,10,20,30,40\n1,a,car,10,20,30,40\n");
  const report = check(file, { workers: 0, labels: [labels] });
  appendFileSync(labels, "2,a,car,10,20,30,40\n");
  expect(told(await report).map(({ file: name }) => name)).toEqual(["boxes.csv"]);
});

test("a link that leads elsewhere since is another file", async () => {
  writeFolder();
  rmSync(sweep(4));
  symlinkSync("0000000000.bin", sweep(4));
  const report = await changed(
    drive,
    () => {
      rmSync(sweep(4));
      symlinkSync("0000000001.bin", sweep(4));
    },
    0,
  );
  expect(told(report).map(({ file: name, observed }) => [name, observed["change"]])).toEqual([
    ["velodyne_points/data/0000000004.bin", "was replaced"],
  ]);
});

test("without the check that tells of it, nothing passes", async () => {
  writeFileSync(file, bytes);
  const report = check(file, { workers: 0, checks: ["time/*"] });
  appendFileSync(file, "more");
  const { verdicts, findings } = await report;
  expect(findings).toEqual([]);
  expect(verdicts.length).toBeGreaterThan(0);
  expect(verdicts.filter(({ status }) => status === "pass")).toEqual([]);
  expect(verdicts.filter(({ reason }) => reason === "changed while it was read").length).toBeGreaterThan(0);
});

describe("a seal", () => {
  test.each([0, 2])("is not made of it, with %s workers", async (workers) => {
    writeFileSync(file, bytes);
    const made = seal(file, { workers });
    appendFileSync(file, "more");
    await expect(made).rejects.toThrow(
      new InputError(`drive.mcap: changed while it was read: the file grew from ${bytes.length} to ${bytes.length + 4} bytes`),
    );
  });

  test("of a folder neither, and says how many files changed", async () => {
    writeFolder();
    const made = seal(drive, { workers: 0 });
    writeFileSync(join(drive, "a.txt"), "x");
    writeFileSync(join(drive, "b.txt"), "x");
    await expect(made).rejects.toThrow(new InputError("drive: changed while it was read: a.txt appeared and 1 more changed"));
  });

  test("is not confirmed for it", async () => {
    writeFileSync(file, bytes);
    const opened = await openSeal((await seal(file, { workers: 0 })).bytes);
    const verified = check(file, { checks: ["integrity/seal"], seal: opened, workers: 0 });
    appendFileSync(file, "more");
    const { verdicts } = await verified;
    expect(new Set(verdicts.map(({ status, reason }) => `${status}: ${reason}`))).toEqual(new Set(["not_run: changed while it was read"]));
  });
});
