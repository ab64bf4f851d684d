/** What belongs to what, by the names of files of one folder; test/cli/targets.test.ts asks for whole commands. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { claimOf, relationOf } from "../../src/node/belongings.ts";
import { placeOf } from "../../src/node/place.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-belongings-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["x_0.mcap", "x_1.mcap", "another split"],
  ["x_0.mcap", "x_12.mcap", "another split"],
  ["0.mcap", "1.mcap", "another split"],
  ["x_0.db3", "x_1.db3", "another split"],
  ["x_0.db3.zstd", "x_1.db3.zstd", "another split"],
  ["rosbag2_2024_05_01-12_00_00_0.mcap", "rosbag2_2024_05_01-12_00_00_1.mcap", "another split"],
  ["run_2024-05-01-12-00-00_0.bag", "run_2024-05-01-12-05-00_1.bag", "another split"],
  ["2024-05-01-12-00-00_0.bag", "2024-05-01-12-05-00_1.bag", "another split"],
  ["x_0.mcap", "metadata.yaml", "the metadata"],
  ["x.db3", "x.db3-wal", "the journal"],
  ["x.db3", "x.db3-shm", "the journal"],
  ["x.db3", "x.db3-journal", "the journal"],
  ["x.mcap", "x.truth.json", "the truth"],
  ["x_0.mcap", "x_0.mcap", null],
  ["x_0.mcap", "y_1.mcap", null],
  ["x_0.mcap", "x_1.db3", null],
  ["x1.mcap", "x2.mcap", null],
  ["x.mcap", "x_1.mcap", null],
  ["x_0.txt", "x_1.txt", null],
  ["x.db3", "y.db3-wal", null],
  ["x.mcap", "y.truth.json", null],
  ["x.pcd", "metadata.yaml", null],
])("%s and %s: %s", (own, other, relation) => {
  expect(relationOf(own, other, true)).toBe(relation);
});

test("a new file is no split for its number alone", () => {
  expect(relationOf("x_0.mcap", "x_1.mcap", false)).toBeNull();
});

test("splits of any name, where the metadata lists them", () => {
  for (const name of ["morning.mcap", "noon.mcap", "else.mcap"]) writeFileSync(join(folder, name), name);
  const list = 'rosbag2_bagfile_information:\n  relative_file_paths:\n    - morning.mcap\n    - "rec/noon.mcap"\n    - evening.mcap\n';
  writeFileSync(join(folder, "metadata.yaml"), list);
  const claim = (name: string): string | null => claimOf(join(folder, "morning.mcap"), placeOf(join(folder, name)));
  expect([claim("noon.mcap"), claim("evening.mcap")]).toEqual(Array(2).fill(`another split of an input (${join(folder, "morning.mcap")})`));
  expect(claim("else.mcap")).toBeNull();
});

const disk = existsSync("/dev")
  ? readdirSync("/dev").find((name) => statSync(`/dev/${name}`, { throwIfNoEntry: false })?.isBlockDevice())
  : undefined;
test.skipIf(disk === undefined)("a disk is told from a device that is written to (needs one in /dev)", () => {
  expect([placeOf(`/dev/${disk}`).kind, placeOf("/dev/null").kind]).toEqual(["disk", "stream"]);
});
