/**
 * Label files that are read whole (JSON, XML, tables): what an importer finds in one file becomes label streams.
 *
 * An importer walks the bytes and tells a `LabelSet` what it meets: sequences (one becomes one stream), frames of them, the
 * boxes of a frame, and from which byte on the file speaks of which frame. The bytes of a frame are all those pieces, so
 * every byte of the file belongs to a frame, and a changed byte changes the digest of one.
 *
 * The streams of a file are known only when it was read, so it is read twice: when the recording is opened, and as the one
 * span it is. Memory is bounded by `MAX_LABEL_FILE_BYTES` and `MAX_ROWS`: what is larger is named as damage.
 */
import { InputError } from "../../errors.ts";
import type { Input } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import { type Decoded, NO_FACTS, type Source } from "../../pipeline/source.ts";
import type { Rig } from "../../rig/rig.ts";
import { DamageList } from "../../summary/damages.ts";
import type { Block, Damage, LabelColumns, Need, RecordingIndex, StampSource, StreamInfo } from "../../types.ts";
import { damage, digests, TABLE_GAIN } from "../parts.ts";
import { besideForm } from "../tables/table-form.ts";
import { NOT_A_NUMBER } from "../tables/text.ts";
import { type LabelRowOut, placeRuns, Rows } from "./labels-file.ts";

/** Largest label file that is read. */
export const MAX_LABEL_FILE_BYTES = 256 * 1024 * 1024;
/** Boxes of one file: a day of a hundred objects at 10 Hz is 86 million, a file of them is no one's. Some 120 bytes each. */
const MAX_ROWS = 1 << 22;
/** Frames and sequences of one file. */
const MAX_FRAMES = 1 << 21;
const MAX_SEQUENCES = 1 << 12;
/** Names are identities, not prose. */
const MAX_NAME = 128;

export const REASON = {
  notANumber: NOT_A_NUMBER,
  again: "frame number out of order",
  number: "frame number out of range",
  stamp: "stamp out of range",
  shape: "not a label of this format",
  class: "class not in the file's own list",
} as const;

export interface SequenceInfo {
  readonly type: string;
  readonly imageSize?: { readonly width: number; readonly height: number };
  /** Frames may come in any order: they are then ordered by number. */
  readonly unordered?: boolean;
  /** For stamps where the file has none. */
  readonly nominalHz: number;
}

interface Sequence {
  readonly name: string;
  info: SequenceInfo;
  readonly frames: number[];
  readonly byNumber: Map<number, number>;
}

/** What one label file holds. Frames are named by a handle that `frame` returns. */
export class LabelSet {
  readonly path: string;
  readonly #rows = new Rows();
  readonly #sequences = new Map<string, Sequence>();
  readonly #numbers: number[] = [];
  readonly #stamps: (bigint | null)[] = [];
  readonly #reasons = new Map<number, string>();
  readonly #runs: { frame: number; start: number }[] = [];
  readonly #damages = new DamageList();
  readonly #isKept: boolean;
  #count = 0;
  #full = false;

  /** @param isKept false where boxes are only counted: opening a recording asks for its streams alone */
  constructor(path: string, isKept = true) {
    this.path = path;
    this.#isKept = isKept;
  }

  /** The row to fill before `keep`; emptied by it. */
  get next(): LabelRowOut {
    return this.#rows.next;
  }

  /** Makes room for so many boxes, where they are kept. */
  reserve(boxes: number): void {
    if (this.#isKept) this.#rows.reserve(Math.min(boxes, MAX_ROWS));
  }

  /** Names of tracks so far; of boxes that are only counted none. */
  get trackNames(): number {
    return this.#rows.trackNames;
  }

  /** True when the file holds more than is read: an importer may stop. */
  get full(): boolean {
    return this.#full;
  }

  /** States what is known of a sequence; the first word counts. */
  sequence(name: string, info: SequenceInfo): void {
    if (!this.#sequences.has(name)) {
      if (this.#sequences.size >= MAX_SEQUENCES) this.#overflow({ atMostSequences: MAX_SEQUENCES });
      else this.#sequences.set(name, { name, info, frames: [], byNumber: new Map() });
    }
  }

  /** Frames of a sequence stay as they come. */
  inFileOrder(name: string): void {
    const sequence = this.#sequences.get(name);
    if (sequence) sequence.info = { ...sequence.info, unordered: false };
  }

  /** Adds the size of the images where it becomes known later. */
  imageSize(name: string, imageSize: SequenceInfo["imageSize"]): void {
    const sequence = this.#sequences.get(name);
    if (sequence && imageSize && !sequence.info.imageSize) sequence.info = { ...sequence.info, imageSize };
  }

  /**
   * The frame of this number in a sequence that was stated before, new or known.
   *
   * @param number u32, or the frame is -1
   * @param stampNs null where the file has none; a sequence has stamps when every frame has one and they are not all the same
   * @returns its handle, or -1 when it cannot be
   */
  frame(name: string, number: number, stampNs: bigint | null = null): number {
    const sequence = this.#sequences.get(name);
    if (!sequence || !(Number.isInteger(number) && number >= 0 && number <= 0xffff_ffff)) return -1;
    const known = sequence.byNumber.get(number);
    if (known !== undefined) return known;
    if (this.#numbers.length >= MAX_FRAMES) {
      this.#overflow({ atMostFrames: MAX_FRAMES });
      return -1;
    }
    const frame = this.#numbers.push(number) - 1;
    if (!sequence.info.unordered && number < (this.#numbers[sequence.frames.at(-1) ?? -1] ?? 0)) this.complain(frame, REASON.again);
    this.#stamps.push(stampNs);
    sequence.frames.push(frame);
    sequence.byNumber.set(number, frame);
    return frame;
  }

  /** Whether `frame` would be a new one. */
  has(name: string, number: number): boolean {
    return this.#sequences.get(name)?.byNumber.has(number) ?? false;
  }

  /** The bytes from `start` on are of this frame, until another run begins. */
  run(frame: number, start: number): void {
    if (frame >= 0 && this.#runs.at(-1)?.frame !== frame) this.#runs.push({ frame, start });
  }

  /** Keeps `next` as a box of the frame, and empties it. */
  keep(frame: number): void {
    const { next } = this.#rows;
    if (frame >= 0) {
      if (this.#count >= MAX_ROWS) this.#overflow({ atMostBoxes: MAX_ROWS });
      else if (++this.#count && this.#isKept) {
        next.track = next.track.slice(0, MAX_NAME);
        next.class = next.class.slice(0, MAX_NAME);
        next.annotator = next.annotator.slice(0, MAX_NAME);
        this.#rows.keep(frame);
      }
    }
    this.clear();
  }

  /** Empties `next`. */
  clear(): void {
    const { next } = this.#rows;
    next.track = "";
    next.class = "";
    next.annotator = "";
    next.ignored = false;
    next.confidence = Number.NaN;
    next.box2d.fill(Number.NaN);
    next.box3d.fill(Number.NaN);
  }

  /** Marks a frame as not fully readable; the first reason counts. Without a frame to hold it, it is damage of the file. */
  complain(frame: number, reason: string, bytes: readonly [number, number] | null = null): void {
    if (frame >= 0) {
      if (!this.#reasons.has(frame)) this.#reasons.set(frame, reason);
    } else this.damage("malformed-record", bytes, { reason });
  }

  /** @param path of another file of the recording, where it is there */
  damage(
    kind: string,
    bytes: readonly [number, number] | null,
    observed: Damage["observed"],
    expected: Damage["expected"] = {},
    path: string = this.path,
  ): void {
    this.#damages.add(damage(kind, path, { bytes, observed, expected }));
  }

  /** For `ContainerFacts`. */
  facts(): ReturnType<DamageList["facts"]> {
    return this.#damages.facts();
  }

  /** The streams that were found: names in order of first appearance. */
  streams(): readonly (SequenceInfo & { readonly name: string; readonly stamps: StampSource })[] {
    return [...this.#sequences.values()]
      .filter(({ frames }) => frames.length > 0)
      .map((sequence) => ({ name: sequence.name, ...sequence.info, stamps: this.#isStamped(sequence) ? "sensor" : "nominal" }));
  }

  #isStamped({ frames }: Sequence): boolean {
    const first = this.#stamps[frames[0] ?? -1];
    if (frames.some((frame) => this.#stamps[frame] === null)) return false;
    return frames.length === 1 || frames.some((frame) => this.#stamps[frame] !== first);
  }

  /**
   * The blocks of these sequences.
   *
   * @param loaded the file in kernel memory
   * @param streams stream index by sequence name; others are left out
   */
  blocks(
    loaded: { readonly pointer: number; readonly bytes: number },
    streams: ReadonlyMap<string, number>,
    needs: ReadonlySet<Need>,
    kernels: Kernels,
  ): readonly Block[] {
    const sequences = [...this.#sequences.values()].filter(({ frames }) => frames.length > 0);
    const rank = new Int32Array(this.#numbers.length);
    const firsts: number[] = [];
    let place = 0;
    for (const { frames, info } of sequences) {
      firsts.push(place);
      if (info.unordered) frames.sort((a, b) => (this.#numbers[a] ?? 0) - (this.#numbers[b] ?? 0));
      for (const frame of frames) rank[frame] = place++;
    }
    this.#runs.sort((a, b) => a.start - b.start);
    if (this.#runs[0]) this.#runs[0].start = 0;
    const bytes = placeRuns(loaded, kernels, this.#runs, rank);
    const columns = this.#rows.columns(rank);
    return sequences.flatMap((sequence, i) => {
      const { name, frames, info } = sequence;
      const stream = streams.get(name);
      if (stream === undefined) return [];
      const [first, end] = [firsts[i] ?? 0, (firsts[i] ?? 0) + frames.length];
      const nominal = (frame: number): bigint => (BigInt(this.#numbers[frame] ?? 0) * 1_000_000_000n) / BigInt(info.nominalHz);
      const stamped = this.#isStamped(sequence);
      const stampNs = BigInt64Array.from(frames, (frame) => (stamped ? this.#stamps[frame] : null) ?? nominal(frame));
      const [pointer, length] = [bytes.pointer.slice(first, end), bytes.bytes.slice(first, end)];
      return {
        stream,
        files: [this.path],
        malformed: frames.flatMap((frame, i) => {
          const reason = this.#reasons.get(frame);
          return reason === undefined ? [] : [{ frame: i, reason }];
        }),
        labels: part(columns, first, end),
        frames: {
          count: frames.length,
          stampNs,
          logNs: stampNs,
          sequence: Uint32Array.from(frames, (frame) => this.#numbers[frame] ?? 0),
          bytes: Float64Array.from(length),
          digest: needs.has("digests") ? digests(kernels, pointer, length) : new BigUint64Array(frames.length),
          order: Uint32Array.from(frames, (_, i) => first + i),
          start: bytes.start.slice(first, end),
          end: bytes.end.slice(first, end),
          pointer,
        },
      };
    });
  }

  #overflow(expected: Damage["expected"]): void {
    if (!this.#full) this.damage("table-too-long", null, {}, expected);
    this.#full = true;
  }
}

/** Rows of frames [first, end); they lie together. Names stay, indices into them too. */
function part(all: LabelColumns, first: number, end: number): LabelColumns {
  const [from, to] = [rowAt(all.frame, first), rowAt(all.frame, end)];
  if (first === 0 && to - from === all.count) return all;
  return {
    ...all,
    count: to - from,
    frame: all.frame.slice(from, to).map((frame) => frame - first),
    track: all.track.slice(from, to),
    class: all.class.slice(from, to),
    annotator: all.annotator.slice(from, to),
    confidence: all.confidence.slice(from, to),
    box2d: all.box2d.slice(4 * from, 4 * to),
    box3d: all.box3d.slice(7 * from, 7 * to),
    ignored: all.ignored.slice(from, to),
  };
}

/** The first row of a frame or one after it; `frames` ascends. */
function rowAt(frames: Int32Array, frame: number): number {
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((frames[middle] ?? 0) < frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One label file of an input. `stem` names its streams; `options` is what its importer needs, plain data. */
export interface LabelFile {
  readonly file: number;
  readonly stem: string;
  readonly options?: unknown;
  /** Other files that belong to it, for the recording's size. */
  readonly beside?: readonly number[];
}

export interface Importer {
  readonly format: string;
  readonly title: string;
  /** The files of this format, by content; cheap. @param rig what the recording should hold, where it was given */
  find(input: Input, rig?: Rig | null): readonly LabelFile[];
  /** Tells `out` what the file holds. Never throws for bad data. */
  read(bytes: Uint8Array, file: LabelFile, out: LabelSet, input: Input): void;
}

interface Detail {
  readonly files: readonly { readonly of: LabelFile; readonly streams: ReadonlyMap<string, number> }[];
}

/** A recording that is label files. Stream ids: the file's stem, and `stem/sequence` where a file has several sequences. */
export function labelSource({ format, title, find, read }: Importer): Source {
  const readFile = (bytes: Uint8Array, of: LabelFile, input: Input, isKept: boolean): LabelSet => {
    const set = new LabelSet(input.files[of.file]?.path ?? "", isKept);
    set.clear();
    read(bytes, of, set, input);
    return set;
  };
  return {
    format,
    title,
    detect: (input) => find(input).length > 0,

    open(input, kernels, _platform, { rig, forms }): RecordingIndex {
      const found = find(input, rig);
      const mark = kernels.mark();
      let reason = "";
      const streams: StreamInfo[] = [];
      const files: { of: LabelFile; streams: Map<string, number> }[] = [];
      const tooLarge: Omit<Damage, "stream">[] = [];
      for (const of of found) {
        const { size = 0, path = "" } = input.files[of.file] ?? {};
        if (size > MAX_LABEL_FILE_BYTES) {
          tooLarge.push(damage("file-too-large", path, { observed: { bytes: size }, expected: { atMostBytes: MAX_LABEL_FILE_BYTES } }));
          continue;
        }
        const pointer = kernels.alloc(size);
        const bytes = input.read(of.file, 0, kernels.u8(pointer, size));
        // Importers use no kernel memory, so it does not move meanwhile.
        const set = readFile(kernels.u8(pointer, bytes), of, input, false);
        kernels.release(mark);
        const sequences = set.streams();
        if (reason === "") reason = String(set.facts().damages[0]?.observed["reason"] ?? "");
        const { beside = [], options } = of;
        const isStated = forms && (beside.length > 0 || options !== undefined);
        const stated = isStated && { forms: [besideForm(input, beside, options, kernels)] };
        const ids = new Map<string, number>();
        for (const { name, type, stamps, imageSize } of sequences) {
          ids.set(name, streams.length);
          const id = sequences.length > 1 && name !== "" ? `${of.stem}/${name}` : of.stem;
          const free = unique(id, streams);
          // A frame without boxes may have no row, so a gap in the numbers is no loss.
          streams.push({ id: free, kind: "labels", type, stamps, sequenced: false, ...(imageSize && { imageSize }), ...stated });
        }
        files.push({ of, streams: ids });
      }
      if (streams.length === 0) {
        const [large] = tooLarge;
        if (large) throw new InputError(`${input.name}: expected label files of at most ${MAX_LABEL_FILE_BYTES} bytes, got ${large.file}`);
        throw new InputError(`${input.name}: expected ${format} labels, got no frame of any${reason && `: ${reason}`}`);
      }
      const used = new Set(files.flatMap(({ of }) => [of.file, ...(of.beside ?? [])]));
      return {
        format,
        name: input.name,
        bytes: [...used].reduce((sum, file) => sum + (input.files[file]?.size ?? 0), 0),
        attachments: 0,
        metadata: 0,
        streams,
        spans: files.map(({ of: { file } }) => {
          const bytes = input.files[file]?.size ?? 0;
          return { kind: "bytes", file, start: 0, end: bytes, bytes, inflatedBytes: TABLE_GAIN * bytes };
        }),
        facts: { ...NO_FACTS, damages: tooLarge.map((one) => ({ ...one, stream: null })) },
        claims: {},
        detail: { files } satisfies Detail,
      };
    },

    reader(input, index, kernels) {
      const { files } = index.detail as Detail;
      const base = kernels.mark();
      return {
        read(span, needs): Decoded {
          kernels.release(base);
          const known = span.kind === "bytes" ? files.find(({ of }) => of.file === span.file) : undefined;
          if (!known || span.kind !== "bytes") throw new RangeError(`expected a span of this recording, got ${JSON.stringify(span)}`);
          const pointer = kernels.alloc(span.end);
          const bytes = input.read(span.file, 0, kernels.u8(pointer, span.end));
          const set = readFile(kernels.u8(pointer, bytes), known.of, input, true);
          const shrunk = bytes < span.end ? [damage("file-shrunk", set.path, { observed: { bytes }, expected: { bytes: span.end } })] : [];
          const blocks = set.blocks({ pointer, bytes }, known.streams, needs, kernels);
          const facts = set.facts();
          const damages = [...shrunk.map((one) => ({ ...one, stream: null })), ...facts.damages];
          return { facts: { ...NO_FACTS, ...facts, damages, lostBytes: span.end - bytes }, blocks };
        },
      };
    },
  };
}

function unique(id: string, streams: readonly StreamInfo[]): string {
  let free = id;
  for (let n = 2; streams.some((stream) => stream.id === free); n++) free = `${id}#${n}`;
  return free;
}

/** Base name without its extension. */
export function stemOf(path: string): string {
  const base = path.slice(path.lastIndexOf("/") + 1);
  return base.replace(/(?<=.)\.[^.]*$/, "");
}
