/**
 * KITTI raw: a drive `…_drive_NNNN_sync` (or its date folder, or the drive's inside) with `SENSOR/data/NNNNNNNNNN.bin|png|txt` and
 * `SENSOR/timestamps.txt`; also a flat folder with `data_bin/` beside `timestamps_start/mid/end.txt`.
 *
 * A frame is a file, `sequence` its number, and line number + 1 of `timestamps.txt` its stamp: local time, read as UTC, exact to
 * the nanosecond. For scans that is when the laser faces forward; `timestamps_start.txt` and `timestamps_end.txt` bound the sweep.
 * Without any stamps file the stamps are nominal, file number x 100 ms. Layout: the raw data devkit's readme.txt.
 */
import { type Input, readAll, readRange } from "../../input.ts";
import type { Source } from "../../pipeline/source.ts";
import { DamageList } from "../../summary/damages.ts";
import type { Damage, StreamKind } from "../../types.ts";
import { damage, MAX_TABLE_BYTES } from "../parts.ts";
import { Fields, Lines } from "../tables/text.ts";
import { type DecodeFrame, type FolderStream, fileFrames, folderIndex, folderReader } from "./folder.ts";
import { image, imageSize, kittiPoints } from "./frames.ts";
import { appendOxts, OXTS_COLUMNS, type OxtsOrigin, oxtsOrigin, oxtsReason } from "./oxts.ts";
import { readStamps, type StampsFile } from "./stamps-file.ts";

const FRAME_NS = 100_000_000n;
/** A record file of one line; a larger one is none. */
const MAX_OXTS_BYTES = 65536;

/** 1: folders before the drive's sensors; 2: sensor; 3: file number; 4: extension. */
const OFFICIAL =
  /^((?:(?:[^/]+\/)?[^/]+_drive_\d{4}_(?:sync|extract)\/)?)(velodyne_points|image_0[0-3]|oxts)\/data\/(\d{1,10})\.(bin|png|jpg|txt)$/;
/** One sensor's folder given by itself. 1: data folder. */
const FLAT = /^(data|data_bin)\/(\d{1,10})\.(bin|png|jpg|txt)$/;

const STAMP_FILES = ["timestamps.txt", "timestamps_mid.txt", "timestamps_start.txt"] as const;

interface Found {
  /** Folder of the frames, relative to the input. */
  readonly folder: string;
  /** Folder of the stamps, with its slash. */
  readonly parent: string;
  /** What comes before the sensor's folder, with its slash. */
  readonly prefix: string;
  readonly extension: string;
  readonly files: { readonly file: number; readonly number: number }[];
}

export const kittiRaw: Source = {
  format: "kitti-raw",
  title: "KITTI raw drive (velodyne_points/data, image_0N/data, oxts/data with timestamps.txt)",

  detect(input) {
    return find(input).some((found) => isPlausible(input, found));
  },

  open(input, _kernels, _platform, { spanBytes }) {
    const found = find(input).filter((f) => isPlausible(input, f));
    const pathIndex = new Map(input.files.map(({ path }, i) => [path, i] as const));
    const shared = new Set(found.map((f) => f.prefix)).size === 1 ? (found[0]?.prefix ?? "") : "";
    const auxiliary: number[] = [];
    const streams = found.map((f) => streamOf(input, f, f.folder.slice(shared.length), pathIndex, auxiliary));
    return folderIndex("kitti-raw", input, streams, spanBytes, auxiliary);
  },

  reader(input, index, kernels) {
    return folderReader(input, index, kernels, { frames: { points: kittiPoints, image, oxts: readOxts } });
  },
};

/** Data folders with their files, by number. */
function find(input: Input): Found[] {
  const found = new Map<string, Found>();
  for (const [file, { path }] of input.files.entries()) {
    const official = OFFICIAL.exec(path);
    const flat = official ? null : FLAT.exec(path);
    const number = Number(official?.[3] ?? flat?.[2] ?? Number.NaN);
    // A number beyond 32 bits is no counter anyone has reached.
    if (!(number <= 0xffff_ffff)) continue;
    const extension = official?.[4] ?? flat?.[3] ?? "";
    const folder = path.slice(0, path.lastIndexOf("/"));
    const stream = found.get(folder) ?? {
      folder,
      parent: folder.slice(0, folder.lastIndexOf("/") + 1),
      prefix: official?.[1] ?? "",
      extension,
      files: [],
    };
    if (stream.extension === extension) stream.files.push({ file, number });
    found.set(folder, stream);
  }
  for (const { files } of found.values()) files.sort((a, b) => a.number - b.number);
  return [...found.values()];
}

/** `data/` is a common name: without an official sensor folder there must be KITTI's stamps beside it. */
function isPlausible(input: Input, { parent, folder }: Found): boolean {
  if (OFFICIAL.test(`${folder}/0.bin`)) return true;
  return STAMP_FILES.some((name) => {
    const file = input.files.findIndex(({ path }) => path === parent + name);
    if (file < 0) return false;
    const size = input.files[file]?.size ?? 0;
    return (
      size === 0 ||
      /^(?:\ufeff)?\s*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(new TextDecoder().decode(readRange(input, file, 0, Math.min(size, 64))))
    );
  });
}

function streamOf(input: Input, found: Found, id: string, pathIndex: ReadonlyMap<string, number>, auxiliary: number[]): FolderStream {
  const damages = new DamageList();
  const stampsOf = (name: string): StampsFile | null => {
    const file = pathIndex.get(found.parent + name);
    if (file === undefined) return null;
    auxiliary.push(file);
    const path = found.parent + name;
    const size = input.files[file]?.size ?? 0;
    if (size <= MAX_TABLE_BYTES) return readStamps(path, readAll(input, file));
    damages.add(
      damage("file-too-large", path, { bytes: [0, size], observed: { bytes: size }, expected: { atMostBytes: MAX_TABLE_BYTES } }),
    );
    return null;
  };
  const mid = stampsOf("timestamps.txt") ?? stampsOf("timestamps_mid.txt");
  const start = stampsOf("timestamps_start.txt");
  const end = stampsOf("timestamps_end.txt");
  const stamps = mid ?? start;
  for (const file of new Set([mid, start, end])) if (file) badStamps(damages, file);
  if (stamps) for (const one of unmatched(stamps, found)) damages.add(one);
  if (mid && start && end) {
    sweepBounds(damages, start, mid, end);
    for (const one of sweepGaps(start, mid, end)) damages.add(one);
  }
  if (!stamps)
    damages.add(damage("missing-file", `${found.parent}timestamps.txt`, { severity: "warning", observed: { frames: found.files.length } }));

  const frames = fileFrames(found.files.map(({ file, number }) => ({ file, sequence: number, stampNs: stampOf(stamps, number) })));
  const common = { id, stamps: stamps ? ("sensor" as const) : ("nominal" as const), sequenced: true };
  const origin = found.extension === "txt" ? firstOrigin(input, found.files) : null;
  if (origin || (found.extension === "txt" && found.parent.endsWith("oxts/"))) {
    const options = { origin };
    return {
      info: { ...common, kind: "pose", type: "KITTI OXTS" },
      unit: { kind: "files", decoder: "oxts", frames, options },
      ...damages.facts(),
    };
  }
  const [kind, type, decoder] = KINDS[found.extension] ?? ["bytes", "text", "bytes"];
  const size = kind === "image" ? imageSize(input, found.files[0]?.file) : {};
  return { info: { ...common, kind, type, ...size }, unit: { kind: "files", decoder, frames }, ...damages.facts() };
}

const KINDS: Readonly<Record<string, readonly [StreamKind, string, string]>> = {
  bin: ["points", "KITTI velodyne scan", "points"],
  png: ["image", "image", "image"],
  jpg: ["image", "image", "image"],
};

/** Stamp of a file; one without takes that of the last line before it that has one, and is named as damage. */
function stampOf(stamps: StampsFile | null, number: number): bigint {
  if (!stamps) return BigInt(number) * FRAME_NS;
  return stamps.filledNs[Math.min(number, stamps.count - 1)] ?? 0n;
}

/** Stamps without a file, files without a stamp: how many, and the first and last of them. */
function unmatched(stamps: StampsFile, { files, folder }: Found): Omit<Damage, "stream">[] {
  const numbers = new Set(files.map((f) => f.number));
  const noFile: number[] = [];
  for (let i = 0; i < stamps.count; i++) if (stamps.valid[i] && !numbers.has(i)) noFile.push(i);
  const noStamp = [...numbers].filter((n) => !stamps.valid[n]);
  const describe = (kind: string, list: readonly number[]): Omit<Damage, "stream">[] => {
    const [first, last] = [list[0], list[list.length - 1]];
    if (first === undefined || last === undefined) return [];
    const from = stamps.filledNs[Math.min(first, stamps.count - 1)] ?? 0n;
    const to = stamps.filledNs[Math.min(last, stamps.count - 1)] ?? 0n;
    return [
      damage(kind, stamps.path, {
        severity: "warning",
        bytes: stamps.rangeOf(first, last),
        timeNs: stamps.count > 0 ? [from, to] : null,
        observed: { folder, stamps: stamps.count, files: numbers.size, missing: list.length, first, last },
        expected: { missing: 0 },
      }),
    ];
  };
  return [...describe("missing-file", noFile), ...describe("missing-stamp", noStamp)];
}

/** Lines that are no time. */
function badStamps(damages: DamageList, stamps: StampsFile): void {
  places(damages, stamps, "bad-stamp", (line) => !stamps.valid[line], stamps.count);
}

/** start <= stamp <= end must hold for every sweep; the lines where it does not. Gaps between sweeps are no concern of this. */
function sweepBounds(damages: DamageList, start: StampsFile, mid: StampsFile, end: StampsFile): void {
  const outside = (line: number): boolean => {
    const [a, b, c] = [start.filledNs[line] ?? 0n, mid.filledNs[line] ?? 0n, end.filledNs[line] ?? 0n];
    return Boolean(start.valid[line] && mid.valid[line] && end.valid[line]) && !(a <= b && b <= c);
  };
  places(damages, mid, "sweep-bounds", outside, Math.min(start.count, mid.count, end.count), (line) => ({
    beforeStartNs: max0((start.filledNs[line] ?? 0n) - (mid.filledNs[line] ?? 0n)),
    afterEndNs: max0((mid.filledNs[line] ?? 0n) - (end.filledNs[line] ?? 0n)),
  }));
}

/** From the end of each sweep to the start of the next: told, not judged, unless sweeps overlap. */
function sweepGaps(start: StampsFile, mid: StampsFile, end: StampsFile): Omit<Damage, "stream">[] {
  const count = Math.min(start.count, mid.count, end.count);
  const gaps: bigint[] = [];
  let ordered = 0;
  for (let line = 0; line < count; line++) {
    const [from, at, to] = [start, mid, end].map((file) => (file.valid[line] ? (file.filledNs[line] ?? null) : null));
    if (from == null || at == null || to == null) continue;
    if (from <= at && at <= to) ordered++;
    if (line + 1 < count && start.valid[line + 1]) gaps.push((start.filledNs[line + 1] ?? 0n) - to);
  }
  if (gaps.length === 0) return [];
  const [least, most] = [gaps.reduce((a, b) => (b < a ? b : a)), gaps.reduce((a, b) => (b > a ? b : a))];
  const observed = {
    sweeps: count,
    ordered,
    touching: gaps.filter((gap) => gap === 0n).length,
    gaps: gaps.length,
    leastNs: least,
    mostNs: most,
  };
  const timeNs = [start.filledNs[0] ?? 0n, end.filledNs[count - 1] ?? 0n] as const;
  return [damage("sweep-gaps", start.path, { severity: least < 0n ? "warning" : "info", timeNs, observed })];
}

function max0(value: bigint): bigint {
  return value > 0n ? value : 0n;
}

/** Runs of neighbouring lines that `test` accepts, each one damage at its bytes. */
function places(
  damages: DamageList,
  stamps: StampsFile,
  kind: string,
  test: (line: number) => boolean,
  count: number,
  observe: (first: number) => Damage["observed"] = () => ({}),
): void {
  for (let first = 0; first < count; first++) {
    if (!test(first)) continue;
    let last = first;
    while (last + 1 < count && test(last + 1)) last++;
    const observed = { firstLine: first + 1, lastLine: last + 1, ...observe(first) };
    const timeNs = [stamps.filledNs[first] ?? 0n, stamps.filledNs[last] ?? 0n] as const;
    damages.add(damage(kind, stamps.path, { bytes: stamps.rangeOf(first, last), timeNs, observed }));
    first = last;
  }
}

/** Where positions count from: the first record that can be read. */
function firstOrigin(input: Input, files: Found["files"]): OxtsOrigin | null {
  for (const { file } of files) {
    const size = input.files[file]?.size ?? 0;
    if (size === 0 || size > MAX_OXTS_BYTES) continue;
    const origin = oxtsOrigin(firstRecord(readAll(input, file)));
    if (origin) return origin;
  }
  return null;
}

/** Fields of the first line that is not blank. */
function firstRecord(bytes: Uint8Array): Fields {
  const fields = new Fields();
  const lines = new Lines(bytes);
  while (fields.count === 0 && lines.next()) fields.split(bytes, lines.start, lines.end, "space");
  return fields;
}

const readOxts: DecodeFrame = ({ frame, stampNs, pointer, bytes, options }, needs, out, kernels) => {
  if (bytes > MAX_OXTS_BYTES) return "wrong column count";
  const fields = firstRecord(kernels.u8(pointer, bytes));
  const reason = oxtsReason(fields);
  const { origin } = options as { readonly origin: OxtsOrigin | null };
  if (reason === null && origin) appendOxts(fields, frame, stampNs, origin, needs, out);
  return fields.count === 0 ? `expected ${OXTS_COLUMNS} numbers, got none` : reason;
};
