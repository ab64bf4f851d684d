/**
 * A source knows one recording format: it recognises it, reads its index, and decodes its spans to columns.
 * Adding one = one file in src/sources/, one line in src/sources/index.ts, its tests.
 */
import type { Input, Platform } from "../input.ts";
import type { Kernels } from "../kernels.ts";
import type { Rig } from "../rig/rig.ts";
import type { LeafRecipe } from "../seal/leaves.ts";
import type { Block, ContainerFacts, Need, RecordingIndex, Span } from "../types.ts";

export interface OpenOptions {
  /** Cut spans near this many bytes. Changes the work's grain, never the report. */
  readonly spanBytes: number;
  /**
   * A container's index may be believed unread where the readers will prove it; where they cannot (`Decoded.disproved`),
   * the recording is opened again without.
   */
  readonly believeIndex?: boolean;
  /** What the recording should hold, where it was given: a table's columns may be stated there. */
  readonly rig?: Rig | null;
  /** Whether streams state their `forms`: what a seal holds of the meaning of frames. */
  readonly forms?: boolean;
}

export interface Source {
  readonly format: string;
  /** What it is, for --help and for the error when nothing matches. */
  readonly title: string;
  /**
   * By content: names of the files and first bytes, cheap. Damaged files of the format still match where possible.
   * @param rig what the recording should hold, where it was given: tables are named there
   */
  detect(input: Input, rig?: Rig | null): boolean;
  /**
   * Reads the index only, never the payloads.
   * @throws InputError when not one stream or record can be read
   */
  open(input: Input, kernels: Kernels, platform: Platform, options: OpenOptions): RecordingIndex;
  /** A reader for one thread. `index` has crossed a worker boundary: plain data. */
  reader(input: Input, index: RecordingIndex, kernels: Kernels, platform: Platform): Reader;
}

export interface Reader {
  /**
   * Reads and decodes one span into kernel memory. Releases what the previous call returned.
   * Never throws for bad data: what cannot be decoded is in `facts` or in `Block.malformed`.
   * At most one block per stream, rows in file order.
   *
   * @param leaves how a seal's leaves are taken, where they are: of frames that are never in memory as a whole the reader takes them
   */
  read(span: Span, needs: ReadonlySet<Need>, leaves?: LeafRecipe | null): Decoded;
}

export interface Decoded {
  readonly facts: ContainerFacts;
  readonly blocks: readonly Block[];
  /** The index this recording was opened by does not fit what was read: neither does anything folded from it. */
  readonly disproved?: boolean;
  /** What of the span has not been read yet, because memory held enough: to be read next. */
  readonly rest?: Span;
}

/** Payload of a frame: a view of kernel memory, valid until the reader's next `read`; empty where it was not loaded. */
export function payloadOf({ frames }: Block, frame: number, kernels: Kernels): Uint8Array {
  const pointer = frames.pointer[frame] ?? 0;
  return kernels.u8(pointer, pointer === 0 ? 0 : (frames.bytes[frame] ?? 0));
}

export const NO_FACTS: ContainerFacts = {
  damages: [],
  regions: { total: 0, withChecksum: 0, verified: 0 },
  fold: null,
  lostBytes: 0,
};
