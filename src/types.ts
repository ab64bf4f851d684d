/**
 * The vocabulary of the engine as plain data. Everything that crosses a worker boundary is declared here or in the
 * file of its stage, and survives structured clone. Times are int64 nanoseconds (`bigint`), sizes bytes.
 */

import type { RigStream } from "./rig/rig.ts";
import type { Plain, Severity, StampSource, Status, StreamKind } from "./words.ts";

export type * from "./words.ts";

export interface StreamInfo {
  /** An MCAP or ROS topic verbatim; in folders the format's own name. Unique within a recording. */
  readonly id: string;
  readonly kind: StreamKind;
  /** Schema name, or the format's name for the table or file. */
  readonly type: string;
  readonly stamps: StampSource;
  /** True when `sequence` is a real counter of the source (not constant zero): gaps in it mean loss. */
  readonly sequenced: boolean;
  /** Why a stream of a known sensor type is `bytes`: a short constant reason. */
  readonly opaque?: string;
  /**
   * What the container states of its frames' bytes: each form once, more than one where its definitions of the type differ. Stated when a
   * seal is made or compared; absent where the stream's type says everything.
   */
  readonly forms?: readonly FrameForm[];
  /** XXH3-64 of the schema's encoding and text, 16 hex digits: all that a seal of version 1 holds of them. Stated beside `forms`. */
  readonly schema?: string;
  /** Pixels; for image streams and for 2D labels whose image size is known. */
  readonly imageSize?: { readonly width: number; readonly height: number };
  /** Labels that lie beside the recording: their times do not bound it. */
  readonly attached?: true;
  /** What the rig states of this stream, where one was given and names it. */
  readonly rig?: RigStream;
}

/** What a container states about how the bytes of a frame are to be read, besides the name of their type. Plain data. */
export interface FrameForm {
  /** "" in folders. */
  readonly topic: string;
  /** "cdr", "ros1", "protobuf", "json" …; "" where a format has one way only. */
  readonly messageEncoding: string;
  /** "ros2msg", "ros1msg", "jsonschema" …; what kind of text follows. "" where there is none. */
  readonly schemaEncoding: string;
  /** BLAKE3-256, hex, of the text that defines the type; null where none is stated. */
  readonly schemaText: string | null;
  /** Hash of the type as the recorder states it: the md5sum of ROS 1, the type hash of ROS 2. Null where none is stated. */
  readonly typeHash: string | null;
}

/**
 * A serialisable descriptor of work: what a worker is sent, never the data.
 * `bytes`: the half-open byte range [start, end) of one file, whole records; in a database, of its leaves as if they stood in a row.
 * `frames`: the half-open range [start, end) of frames of one stream, each in files of its own.
 */
export type Span =
  | {
      readonly kind: "bytes";
      readonly file: number;
      readonly start: number;
      readonly end: number;
      readonly bytes: number;
      /** What they become in memory besides, where that is known: decompressed, or as columns. */
      readonly inflatedBytes?: number;
    }
  | { readonly kind: "frames"; readonly stream: number; readonly start: number; readonly end: number; readonly bytes: number };

/** One located piece of damage to a container. `bytes` is half-open and as narrow as the format allows. */
export interface Damage {
  readonly kind: string;
  readonly severity: Severity;
  /** Relative path in a folder recording, else null. */
  readonly file: string | null;
  readonly bytes: readonly [number, number] | null;
  readonly stream: number | null;
  /** Logged time around the damage where known, in ns. */
  readonly timeNs: readonly [bigint, bigint] | null;
  /** What was found and what was expected: short data, never prose from a library. */
  readonly observed: Readonly<Record<string, Plain>>;
  readonly expected: Readonly<Record<string, Plain>>;
}

/** Findings of one kind and severity that are counted and not located, and where they lie (src/check/gravest.ts). */
export interface More {
  readonly kind: string;
  /** Where the severity of each is not known: that of the gravest of them. */
  readonly severity: Severity;
  readonly count: number;
  /** First and last frame of theirs; null where they are of no frame. */
  readonly frames: readonly [number, number] | null;
  readonly timeNs: readonly [bigint, bigint] | null;
  /** Where all of them have a place in the one file of the recording. */
  readonly bytes?: readonly [number, number];
}

/**
 * What reading a container revealed. The reader returns one per span, opening the recording returns one more.
 * Counts add, damages concatenate in span order, `fold` joins by crc32 combine.
 */
export interface ContainerFacts {
  /** The gravest, by byte order (see src/summary/damages.ts); `moreDamages` counts the rest. */
  readonly damages: readonly Damage[];
  readonly moreDamages?: readonly More[];
  /** Regions that could carry a checksum, that did, and whose checksum was compared. */
  readonly regions: { readonly total: number; readonly withChecksum: number; readonly verified: number };
  /** CRC-32 of the bytes of this span that lie inside the region `expected.crc` covers. */
  readonly fold: { readonly crc: number; readonly bytes: number } | null;
  /** Bytes of the container no record could be read from. */
  readonly lostBytes: number;
}

/** What the container claims about itself as a whole; compared with the folded facts when all spans are merged. */
export interface ContainerClaims {
  /** CRC-32 over the byte range, to equal the folded one. */
  readonly crc?: { readonly value: number; readonly bytes: readonly [number, number] };
  /** Frames per stream index, as a statistics record states them. */
  readonly frames?: ReadonlyMap<number, number>;
  /** First and last logged time, as a statistics record states them. */
  readonly timeNs?: readonly [bigint, bigint];
  /** Where the statistics stand, to locate a contradiction. */
  readonly at?: readonly [number, number];
  /** The file they stand in, relative, in a folder recording. */
  readonly file?: string;
}

/** What opening a recording yields: streams and ordered spans, read from the index alone. Plain data. */
export interface RecordingIndex {
  readonly format: string;
  readonly name: string;
  readonly bytes: number;
  readonly attachments: number;
  readonly metadata: number;
  readonly streams: readonly StreamInfo[];
  readonly spans: readonly Span[];
  readonly facts: ContainerFacts;
  readonly claims: ContainerClaims;
  /** Private to the source: what its reader needs in a worker. */
  readonly detail: unknown;
  /** Index of the file of a folder that is the recording (src/pipeline/inside.ts): its spans are of that file by itself. */
  readonly inside?: number;
  /** Labels that lie beside the recording, joined to its streams (src/pipeline/joined.ts). */
  readonly attached?: readonly AttachedLabels[];
}

/** One input whose label streams have joined a recording. Plain data. */
export interface AttachedLabels {
  readonly name: string;
  readonly format: string;
  /** Where its files count on from those before. */
  readonly firstFile: number;
  /** Of each stream of its own: which stream of the whole it is, -1 for what is no labels. */
  readonly streams: readonly number[];
  /** Its own. */
  readonly index: RecordingIndex;
}

/** One row per frame of a block, in file order. All arrays have `count` entries. */
export interface FrameColumns {
  readonly count: number;
  readonly stampNs: BigInt64Array;
  readonly logNs: BigInt64Array;
  /** The source's own number; 0 where there is none. */
  readonly sequence: Uint32Array;
  /** Payload size. */
  readonly bytes: Float64Array;
  /**
   * CRC-32 of the payload in the high half, its length in the low: filled when `digests` is needed. The checksum a
   * container asks for anyway, so that no byte is summed twice.
   */
  readonly digest: BigUint64Array;
  /** Rank of the frame among all frames of its span, so that streams can be interleaved again as in the file. */
  readonly order: Uint32Array;
  /** Byte range of the frame's record in its file, [start, end); -1 inside a compressed chunk. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Payload in kernel memory: holds until the next `read`. 0 where it was not loaded (too large, unreadable). */
  readonly pointer: Uint32Array;
  /** Index into the `forms` of the stream; where it has several, and they were asked for. */
  readonly form?: Uint16Array;
}

export type FieldType = "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "f32" | "f64" | "f16" | "i64";

/**
 * Points of one frame, read in place: rows of `stride` bytes from `pointer` in kernel memory.
 * A cloud whose image rows are padded is several tables of the same frame, in order.
 */
export interface PointTable {
  /** Frame within the block. */
  readonly frame: number;
  readonly count: number;
  /** Null where the rows are not in kernel memory as bytes (base64 inside JSON): they are counted, not read. */
  readonly pointer: number | null;
  readonly stride: number;
  readonly bigEndian: boolean;
  readonly fields: readonly PointField[];
  /** What the format itself states about the time of a point. Absent where it states nothing: then only values and the rig tell. */
  readonly time?: PointTime;
  /** Positions are in a map's coordinate system, not about a sensor: ranges and directions mean nothing. */
  readonly mapped?: true;
}

export interface PointField {
  /** Verbatim; src/columns/point-fields.ts knows which names mean the same. */
  readonly name: string;
  /** From the begin of a row. */
  readonly offset: number;
  readonly type: FieldType;
}

export interface PointTime {
  /** Name of the field. */
  readonly field: string;
  readonly unit?: "ns" | "us" | "ms" | "s";
  /**
   * What it counts from. `stamp`: the frame's own stamp. `gps-week`: the begin of an unstated GPS week. `gps-adjusted`: 1,000,000,000 s after
   * the GPS epoch (1980-01-06), without leap seconds.
   */
  readonly reference?: "stamp" | "gps-week" | "gps-adjusted";
}

/** Poses: position in metres and unit quaternion of the child frame in the parent frame. */
export interface PoseColumns {
  readonly count: number;
  readonly frame: Int32Array;
  readonly stampNs: BigInt64Array;
  /** f64[3n], metres. */
  readonly xyz: Float64Array;
  /** f64[4n], x y z w. */
  readonly quaternion: Float64Array;
}

/** Inertial samples in the sensor's own frame. */
export interface ImuColumns {
  readonly count: number;
  readonly frame: Int32Array;
  readonly stampNs: BigInt64Array;
  /** f64[3n], rad/s. */
  readonly angularVelocity: Float64Array;
  /** f64[3n], m/s^2. */
  readonly linearAcceleration: Float64Array;
}

/** Labels as structure-of-arrays: one row per box. Rows are ordered by frame. */
export interface LabelColumns {
  readonly count: number;
  /** Frame within the block. */
  readonly frame: Int32Array;
  /** Index into `tracks`; -1 where a row has no track. */
  readonly track: Int32Array;
  readonly tracks: readonly string[];
  /** Index into `classes`. */
  readonly class: Int32Array;
  readonly classes: readonly string[];
  /** Index into `annotators`; -1 where unknown. */
  readonly annotator: Int32Array;
  readonly annotators: readonly string[];
  /** NaN where unknown. */
  readonly confidence: Float64Array;
  /** f64[4n] left, top, right, bottom in pixels; NaN in all four where a row has no 2D box, empty where none has one. */
  readonly box2d: Float64Array;
  /** f64[7n] x, y, z, length, width, height (metres), yaw (radians); centre; NaN in all where there is no 3D box, empty where none has one. */
  readonly box3d: Float64Array;
  /** Rows that mark a region to ignore (KITTI DontCare): not boxes, not counted as boxes. 1 or 0. */
  readonly ignored: Uint8Array;
}

/** One encoded or raw image, in kernel memory. */
export interface ImageTable {
  readonly frame: number;
  /** "jpeg", "png", or a ROS raw encoding such as "mono8". */
  readonly encoding: string;
  readonly width: number | null;
  readonly height: number | null;
  /** Bytes from row to row; of raw images. */
  readonly step?: number;
  /** Samples of several bytes begin with the high one; absent where not. */
  readonly bigEndian?: true;
  /** Null where the data is not in kernel memory as bytes (base64 inside JSON). */
  readonly pointer: number | null;
  readonly bytes: number;
}

/** Frames of a stream that were not looked at: left out, lost on the way, or not arrived. */
export interface Hole {
  /** Frames known to be left out: their numbers are skipped. 0 where how many is not known. */
  readonly frames: number;
  /** How long it is, ns; null where that is not known. */
  readonly ns: bigint | null;
}

/**
 * What a reader decodes of one stream from one span. Columns lie on the JavaScript heap, so they survive when kernel
 * memory grows; pointers refer to kernel memory and hold until the next `read`.
 */
export interface Block {
  readonly stream: number;
  readonly frames: FrameColumns;
  /** What lies between this block and the one before it of its stream; absent where they touch. */
  readonly hole?: Hole;
  /** Of the container (src/check/check.ts): what reading it revealed. */
  readonly facts?: ContainerFacts;
  /** Paths of the files the byte ranges are in: one per frame, or one for all. Absent where the recording is one file. */
  readonly files?: readonly string[];
  /** Frames whose payload does not decode as its declared type: block-relative index and a short reason. */
  readonly malformed: readonly { readonly frame: number; readonly reason: string }[];
  /** Leaves for a seal of frames that were never in memory as a whole, by block-relative index; null where a frame was not read at all. */
  readonly leaves?: ReadonlyMap<number, Uint8Array | null>;
  readonly points?: readonly PointTable[];
  readonly poses?: PoseColumns;
  readonly imu?: ImuColumns;
  readonly labels?: LabelColumns;
  readonly images?: readonly ImageTable[];
}

/** Rows of a stream, as the report states them. */
export interface StreamCensus {
  readonly info: StreamInfo;
  readonly frames: number;
  readonly bytes: number;
  readonly startNs: bigint | null;
  readonly endNs: bigint | null;
  /** 16 hex digits, see digest in docs/report.md. */
  readonly digest: string;
  readonly points: number | null;
  readonly boxes: number | null;
  readonly tracks: number | null;
}

export interface Coverage {
  /** What the check could have looked at (frames, rows or regions, see the check). */
  readonly items: number;
  readonly checked: number;
}

export interface Verdict {
  readonly check: string;
  /** Null for what concerns the whole recording. */
  readonly stream: string | null;
  readonly status: Status;
  readonly reason?: string;
  readonly coverage: Coverage;
  readonly observed: Readonly<Record<string, Plain>>;
  /** Findings that were counted and not located; absent where all are located. */
  readonly more?: readonly More[];
}

/** One located defect. Frame indices count from 0 in file order and are inclusive; times are inclusive. */
export interface Finding {
  readonly check: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly stream: string | null;
  readonly frames: readonly [number, number] | null;
  readonly timeNs: readonly [bigint, bigint] | null;
  /** Half-open byte range in the container, or in `file`. */
  readonly bytes?: readonly [number, number];
  /** Relative path, in folder recordings. */
  readonly file?: string;
  readonly tracks?: readonly string[];
  readonly annotator?: string;
  readonly from?: { readonly stream: string; readonly frames: readonly [number, number] };
  readonly to?: { readonly stream: string; readonly frames: readonly [number, number] };
  readonly observed: Readonly<Record<string, Plain>>;
  readonly expected: Readonly<Record<string, Plain>>;
  /** Independent signals that agree. */
  readonly signals: readonly string[];
  readonly fingerprint: string;
}

export interface PlannedCheck {
  readonly check: string;
  /** Share of the recording that is looked at: 1, or 0 with a reason. */
  readonly rate: number;
  readonly reason?: string;
}

export interface Report {
  readonly schema: "plumbline.report/1";
  readonly recording: {
    readonly name: string;
    readonly format: string;
    readonly bytes: number;
    readonly startNs: bigint | null;
    readonly endNs: bigint | null;
    readonly attachments: number;
    readonly metadata: number;
    readonly streams: readonly {
      readonly id: string;
      readonly kind: StreamKind;
      readonly type: string;
      readonly frames: number;
      readonly bytes: number;
      readonly startNs: bigint | null;
      readonly endNs: bigint | null;
      readonly digest: string;
      readonly points?: number;
      readonly boxes?: number;
      readonly tracks?: number;
    }[];
  };
  readonly plan: { readonly seed: number; readonly checks: readonly PlannedCheck[] };
  /** Present and true when the run was cancelled: the report covers the first spans only. */
  readonly interrupted?: true;
  /** Present and true when the report was asked for while the recording still goes on. */
  readonly provisional?: true;
  readonly verdicts: readonly Verdict[];
  readonly findings: readonly Finding[];
  readonly summary: {
    readonly pass: number;
    readonly fail: number;
    readonly not_run: number;
    readonly not_observable: number;
    /** All that were found. */
    readonly findings: number;
    /** Those of them that `verdicts[].more` counts and `findings` does not locate; absent where there are none. */
    readonly more?: number;
  };
}
