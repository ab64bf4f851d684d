/** A recording opened for reading: its streams, and its frames in file order. */
import type { Input, Platform } from "../input.ts";
import { loadKernels } from "../kernels.ts";
import type { Block, Need, Span, StreamInfo } from "../types.ts";
import { open, SPAN_BYTES } from "./open.ts";
import { payloadOf } from "./source.ts";

export interface Frame {
  /** Stream id. */
  readonly stream: string;
  /** Within the stream, from 0, in file order. */
  readonly index: number;
  readonly stampNs: bigint;
  readonly logNs: bigint;
  readonly sequence: number;
  /** The caller's own copy. */
  readonly payload: Uint8Array;
}

export interface Recording {
  readonly name: string;
  readonly format: string;
  readonly bytes: number;
  readonly attachments: number;
  readonly metadata: number;
  readonly streams: readonly StreamInfo[];
  /** Every frame in file order. Damaged parts are passed over: `check` reports them. */
  frames(): AsyncGenerator<Frame, void, void>;
  close(): void;
}

const NEEDS: ReadonlySet<Need> = new Set<Need>(["frames"]);

/** @throws InputError when nothing can be read */
export async function openInput(
  input: Input,
  platform: Platform,
  options: { readonly source?: string | undefined } = {},
): Promise<Recording> {
  const kernels = await loadKernels();
  const { source, index } = await open(input, kernels, platform, { source: options.source, spanBytes: SPAN_BYTES });
  return {
    name: index.name,
    format: index.format,
    bytes: index.bytes,
    attachments: index.attachments,
    metadata: index.metadata,
    streams: index.streams,
    async *frames() {
      const own = await loadKernels();
      const reader = source.reader(input, index, own, platform);
      const next = new Array<number>(index.streams.length).fill(0);
      const spans: Span[] = index.spans.toReversed();
      for (let span = spans.pop(); span; span = spans.pop()) {
        const decoded = reader.read(span, NEEDS);
        if (decoded.rest) spans.push(decoded.rest);
        // The consumer may let the reader go on (another iterator) between yields, so a span's frames are copied first.
        const frames = [...inFileOrder(decoded.blocks)].map(([block, i]) => ({ block, i, payload: payloadOf(block, i, own).slice() }));
        for (const { block, i, payload } of frames) {
          const { frames: columns, stream } = block;
          const n = next[stream] ?? 0;
          next[stream] = n + 1;
          yield {
            stream: index.streams[stream]?.id ?? "",
            index: n,
            stampNs: columns.stampNs[i] ?? 0n,
            logNs: columns.logNs[i] ?? 0n,
            sequence: columns.sequence[i] ?? 0,
            payload,
          };
        }
      }
    },
    close: () => input.close(),
  };
}

/** Frames of several blocks of one span, interleaved again as they lie in the file. */
function* inFileOrder(blocks: readonly Block[]): Generator<readonly [Block, number]> {
  if (blocks.length === 1 && blocks[0]) {
    for (let i = 0; i < blocks[0].frames.count; i++) yield [blocks[0], i];
    return;
  }
  const rows = blocks.flatMap((block) => Array.from({ length: block.frames.count }, (_, i) => [block, i] as const));
  yield* rows.sort(([a, i], [b, j]) => (a.frames.order[i] ?? 0) - (b.frames.order[j] ?? 0));
}
