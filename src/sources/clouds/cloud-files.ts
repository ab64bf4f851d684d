/**
 * Folders whose files are clouds, one frame each: which files make a stream, in which order, and when each was.
 *
 * Files of one folder whose names differ only in their number are a stream, in the order of that number. Files that are alone in
 * this make one stream together, in the order of their names. A stream is stamped where all its names hold a time after 2001:
 *
 * | in the name (the rest is the same in all)          | read as                                                       |
 * |----------------------------------------------------|---------------------------------------------------------------|
 * | 19, 16, 13 or 10 digits, no leading zero           | ns, us, ms or s since 1970                                    |
 * | 10 digits, `.` and digits                          | s and a decimal fraction                                      |
 * | 10 digits, `_` or `-`, up to 9 digits              | s and ns (Newer College: `cloud_1583836591_182590976.pcd`)    |
 * | `YYYYMMDDThhmmss`, maybe `.` and digits            | that time, read as UTC (PCL: `frame_20121214T142255.814212`)  |
 *
 * Other numbers count frames: stamps are nominal then, number x 100 ms. Gaps mean loss only where it is plain that someone counted:
 * all numbers have the same number of digits, at least three.
 */
import type { Input } from "../../input.ts";
import { type FolderStream, fileFrames } from "../folders/folder.ts";
import { parseLocalTime } from "../tables/text.ts";

const FRAME_NS = 100_000_000n;
const LONGEST_NS = 2n ** 63n;
/** ns per unit of a number of so many digits. */
const UNIT_NS: Readonly<Record<number, bigint>> = { 10: 1_000_000_000n, 13: 1_000_000n, 16: 1000n, 19: 1n };

/** 1: seconds; 2: mark; 3: what follows it. */
const SECONDS = /(?<!\d)([1-9]\d{9})([._-])(\d{1,9})(?!\d)/;
const WHOLE = /(?<!\d)([1-9](?:\d{9}|\d{12}|\d{15}|\d{18}))(?!\d)/;
const CALENDAR = /(?<!\d)(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?(?!\d)/;
/** The last number of a name; a counter has at most as many digits as a double counts exactly. */
const COUNTER = /(?<!\d)(\d{1,15})\D*$/;
/** A counter before a stamp belongs to the stamp. */
const COUNTED = /^\d+[_-]$/;

interface CloudFile {
  readonly file: number;
  readonly folder: string;
  /** Of the name, without its extension. */
  readonly stem: string;
  readonly stampNs: bigint | null;
  readonly number: string | null;
  /** What the names of a stream have in common. */
  readonly pattern: string;
}

/** Streams of the files that `isCloud` takes, each decoded by `decoder`. `type` is what the stream's rows are called. */
export function cloudStreams(input: Input, isCloud: (path: string) => boolean, type: string, decoder: string): FolderStream[] {
  const folders = new Map<string, Map<string, CloudFile[]>>();
  for (const [file, { path }] of input.files.entries()) {
    if (input.kind === "folder" && !isCloud(path)) continue;
    const cloud = cloudFile(file, path);
    const patterns = folders.get(cloud.folder) ?? new Map<string, CloudFile[]>();
    folders.set(cloud.folder, patterns);
    const files = patterns.get(cloud.pattern) ?? [];
    patterns.set(cloud.pattern, files);
    files.push(cloud);
  }
  return [...folders].flatMap(([folder, patterns]) => {
    const alone = [...patterns.values()].filter((files) => files.length === 1).flat();
    const many = [...patterns].filter(([, files]) => files.length > 1);
    const groups = alone.length > 0 ? [...many, ["*", alone] as const] : many;
    return groups.map(([pattern, files]) => {
      const id = input.kind === "file" ? (files[0]?.stem ?? "") : idOf(folder, groups.length > 1 ? pattern : "", type);
      return streamOf(id, files, type, decoder);
    });
  });
}

function idOf(folder: string, pattern: string, type: string): string {
  return [folder, pattern].filter((part) => part !== "").join("/") || type.toLowerCase();
}

function streamOf(id: string, files: readonly CloudFile[], type: string, decoder: string): FolderStream {
  const stamped = files.every(({ stampNs }) => stampNs !== null);
  const samePattern = files.every(({ pattern }) => pattern === files[0]?.pattern);
  const numbered = !stamped && samePattern && files.every(({ number }) => number !== null);
  const digits = files[0]?.number?.length ?? 0;
  const sequenced = numbered && digits >= 3 && files.length > 1 && files.every(({ number }) => number?.length === digits);
  const keyed = files.map((cloud) => ({ ...cloud, key: stamped ? (cloud.stampNs ?? 0n) : numbered ? BigInt(cloud.number ?? 0) : 0n }));
  // Equal keys leave the order of paths.
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.file - b.file));
  const frames = keyed.map(({ file, key }, i) => {
    const number = numbered ? key : BigInt(i);
    return { file, stampNs: stamped ? key : number * FRAME_NS, sequence: sequenced ? Number(BigInt.asUintN(32, key)) : 0 };
  });
  return {
    info: { id, kind: "points", type, stamps: stamped ? "sensor" : "nominal", sequenced },
    unit: { kind: "files", decoder, frames: fileFrames(frames) },
  };
}

function cloudFile(file: number, path: string): CloudFile {
  const slash = path.lastIndexOf("/");
  const dot = path.lastIndexOf(".");
  const stem = path.slice(slash + 1, dot > slash + 1 ? dot : path.length);
  const base = { file, folder: path.slice(0, Math.max(slash, 0)), stem };
  const match = COUNTER.exec(stem);
  const number = match?.[1] ?? null;
  const stamp = stampIn(stem);
  if (stamp) {
    const before = stem.slice(0, stamp.index);
    return { ...base, stampNs: stamp.ns, number, pattern: `${COUNTED.test(before) ? "" : before}*${stem.slice(stamp.end)}` };
  }
  const pattern = match && number !== null ? `${stem.slice(0, match.index)}*${stem.slice(match.index + number.length)}` : stem;
  return { ...base, stampNs: null, number, pattern };
}

function stampIn(stem: string): { readonly ns: bigint; readonly index: number; readonly end: number } | null {
  for (const [form, read] of FORMS) {
    const match = form.exec(stem);
    const ns = match && read(match);
    if (match && ns != null && ns < LONGEST_NS) return { ns, index: match.index, end: match.index + match[0].length };
  }
  return null;
}

const FORMS: readonly (readonly [RegExp, (match: RegExpExecArray) => bigint | null])[] = [
  [CALENDAR, ([, y, mo, d, h, mi, s, f]) => parseLocalTime(`${y}-${mo}-${d} ${h}:${mi}:${s}${f ? `.${f}` : ""}`)],
  [SECONDS, ([, s = "", mark, f = ""]) => BigInt(s) * 1_000_000_000n + BigInt(mark === "." ? f.padEnd(9, "0") : f)],
  [WHOLE, ([, digits = ""]) => BigInt(digits) * (UNIT_NS[digits.length] ?? 1n)],
];
