/** Labels beside a recording: its own part of the report stays as it is, on any number of threads. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { check, openRecording } from "../../src/index.ts";
import { temporaryFolder, writeSample } from "../cli/run.ts";

const folder = temporaryFolder();
const coco = {
  images: [0, 1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 64, height: 48 })),
  annotations: [0, 1, 2].map((id) => ({ id, image_id: id, category_id: 1, bbox: [1, 2, id === 2 ? -3 : 3, 4], track_id: 7 })),
  categories: [{ id: 1, name: "car" }],
};

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const labels = file("boxes.json", coco);
const recording = await writeSample(join(folder, "drive.mcap"));

describe("labels beside a recording", () => {
  test("join its streams; all else stays", async () => {
    const alone = await check(recording);
    const joined = await check(recording, { labels: [labels] });
    expect(joined.recording).toEqual({ ...alone.recording, streams: [...alone.recording.streams, joined.recording.streams.at(-1)] });
    expect(joined.recording.streams.at(-1)).toMatchObject({ id: "boxes", kind: "labels", frames: 3, boxes: 3, tracks: 1 });
    const own = joined.verdicts.filter(({ stream, check: id }) => stream !== "boxes" && !id.startsWith("labels/") && stream !== null);
    for (const verdict of own) expect(alone.verdicts).toContainEqual(verdict);
    for (const finding of alone.findings) expect(joined.findings).toContainEqual(finding);
    expect(joined.findings.filter(({ stream }) => stream === "boxes")).toContainEqual(
      expect.objectContaining({ check: "labels/geometry", kind: "inverted", frames: [2, 2], tracks: ["7"] }),
    );
  });

  test("the same report from any number of workers and any cut", async () => {
    const reports = await Promise.all([
      check(recording, { labels: [labels], workers: 0 }),
      check(recording, { labels: [labels], workers: 2, spanBytes: 512 }),
      check(recording, { labels: [labels], workers: 1, spanBytes: 100_000 }),
    ]);
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[2]).toEqual(reports[0]);
  });

  test("ids that would clash get their file's name, also a third time", async () => {
    const report = await check(recording, { labels: [labels, labels, labels], workers: 0 });
    expect(report.recording.streams.slice(-3).map(({ id }) => id)).toEqual(["boxes", "boxes.json/boxes", "boxes.json/boxes#2"]);
  });

  test("frames of both can be read", async () => {
    const opened = await openRecording(recording, { labels: [labels] });
    const ids = new Set<string>();
    for await (const { stream } of opened.frames()) ids.add(stream);
    expect([...ids]).toEqual(opened.streams.map(({ id }) => id));
    opened.close();
  });

  test("damage of a label file names it", async () => {
    const cut = file("cut.json", JSON.stringify(coco).slice(0, -40));
    const report = await check(recording, { labels: [cut], workers: 0 });
    expect(report.findings).toContainEqual(
      expect.objectContaining({ check: "integrity/container", kind: "malformed-table", file: "cut.json" }),
    );
  });

  test("a folder of labels", async () => {
    mkdirSync(join(folder, "more"));
    writeFileSync(join(folder, "more", "x.json"), JSON.stringify(coco));
    const report = await check(recording, { labels: [join(folder, "more")], workers: 0 });
    expect(report.recording.streams.at(-1)?.id).toBe("x");
  });
});

describe("what is no label file", () => {
  test.each([
    ["not there", join(folder, "none.json"), /^labels: .*no such file/],
    ["of no known format", file("what.json", '{"a": 1}'), /^labels: what\.json: no recording recognised/],
    ["empty", file("empty.json", ""), /^labels: empty\.json: empty file/],
  ])("%s: one line", async (_, path, message) => {
    await expect(check(recording, { labels: [path] })).rejects.toThrow(message);
    await expect(check(recording, { labels: [path] })).rejects.toThrow(expect.objectContaining({ name: "ConfigError" }));
  });
});
