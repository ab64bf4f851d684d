/**
 * Labels that lie beside a recording: the label streams of other inputs join its streams (`--labels PATH`).
 *
 * The joined index is the recording's own with streams and spans appended, so the recording's part of a report stays what it was. A
 * span of labels is told by where it points: its file counts on from the recording's files, its stream from the recording's
 * streams. Every part is read by the source of its own format.
 */

import { addMore } from "../check/gravest.ts";
import { ConfigError } from "../errors.ts";
import type { Input, Platform } from "../input.ts";
import type { Kernels } from "../kernels.ts";
import type { AttachedLabels, ContainerFacts, Damage, RecordingIndex, Span, StreamInfo } from "../types.ts";
import { type Decoded, NO_FACTS, type Reader, type Source } from "./source.ts";

export interface OpenedLabels {
  readonly input: Input;
  readonly index: RecordingIndex;
}

/**
 * The index of a recording with the label streams of others. An id that is taken gets its input's name before it.
 *
 * @throws ConfigError when an input has no label stream
 */
export function joinIndex(base: RecordingIndex, files: number, labels: readonly OpenedLabels[]): RecordingIndex {
  const streams: StreamInfo[] = [...base.streams];
  const spans: Span[] = [...base.spans];
  const attached: AttachedLabels[] = [];
  const damages: Damage[] = [...base.facts.damages];
  let moreDamages = base.facts.moreDamages ?? [];
  let lostBytes = base.facts.lostBytes;
  const frames = new Map(base.claims.frames);
  let firstFile = files;
  for (const { input, index } of labels) {
    const to = index.streams.map((info) => {
      if (info.kind !== "labels") return -1;
      streams.push({ ...info, id: freeId(info.id, input.name, streams), attached: true });
      return streams.length - 1;
    });
    if (to.every((stream) => stream < 0)) {
      throw new ConfigError(`${input.name}: expected labels, got a ${index.format} recording without a label stream`);
    }
    const part: AttachedLabels = { name: input.name, format: index.format, firstFile, streams: to, index };
    attached.push(part);
    for (const span of index.spans) {
      if (span.kind === "bytes") spans.push({ ...span, file: firstFile + span.file });
      else if ((to[span.stream] ?? -1) >= 0) spans.push({ ...span, stream: to[span.stream] ?? -1 });
    }
    const facts = factsOf(index.facts, part);
    for (const one of facts.damages) damages.push(one);
    moreDamages = addMore(moreDamages, facts.moreDamages ?? []);
    lostBytes += facts.lostBytes;
    for (const [stream, claimed] of index.claims.frames ?? []) if ((to[stream] ?? -1) >= 0) frames.set(to[stream] ?? -1, claimed);
    firstFile += input.files.length;
  }
  return {
    ...base,
    streams,
    spans,
    attached,
    facts: { ...base.facts, damages, ...(moreDamages.length > 0 && { moreDamages }), lostBytes },
    claims: frames.size > 0 ? { ...base.claims, frames } : base.claims,
  };
}

/** Reads every part with the source of its format. @param sources of the attached labels, in order */
export function joinedSource(base: Source, sources: readonly Source[]): Source {
  return {
    ...base,
    reader(input, index, kernels, platform) {
      const attached = index.attached ?? [];
      const bottom = kernels.mark();
      const make = (part: number): Reader => readerOf(part, { base, sources, input, index, kernels, platform });
      // One reader at a time holds kernel memory; spans come in order, so they change seldom.
      let current = { part: -1, reader: make(-1) };
      return {
        read(span, needs, leaves): Decoded {
          const part = partOf(span, attached);
          if (part !== current.part) {
            kernels.release(bottom);
            current = { part, reader: make(part) };
          }
          const labels = attached[part];
          if (!labels) return current.reader.read(span, needs, leaves);
          const { facts, blocks } = current.reader.read(ownSpan(span, labels), needs, leaves);
          return {
            facts: factsOf(facts, labels),
            blocks: blocks.flatMap((block) => {
              const stream = labels.streams[block.stream] ?? -1;
              return stream < 0 ? [] : [{ ...block, stream, files: block.files ?? [labels.name] }];
            }),
          };
        },
      };
    },
  };
}

interface Parts {
  readonly base: Source;
  readonly sources: readonly Source[];
  readonly input: Input;
  readonly index: RecordingIndex;
  readonly kernels: Kernels;
  readonly platform: Platform;
}

function readerOf(part: number, { base, sources, input, index, kernels, platform }: Parts): Reader {
  const labels = index.attached?.[part];
  const [source, own] = [sources[part], input.labels?.[part]];
  if (!labels) return base.reader(input, index, kernels, platform);
  if (!source || !own) throw new RangeError(`expected the labels ${labels.name}, got none`);
  return source.reader(own, labels.index, kernels, platform);
}

/** Position of the labels a span is of, or -1 for the recording's own. */
function partOf(span: Span, attached: readonly AttachedLabels[]): number {
  if (span.kind === "bytes") return attached.findLastIndex(({ firstFile }) => span.file >= firstFile);
  return attached.findIndex(({ streams }) => streams.includes(span.stream));
}

function ownSpan(span: Span, { firstFile, streams }: AttachedLabels): Span {
  return span.kind === "bytes" ? { ...span, file: span.file - firstFile } : { ...span, stream: streams.indexOf(span.stream) };
}

/** What reading labels revealed, in terms of the whole; checksums of a whole container are their own recording's question. */
function factsOf(facts: ContainerFacts, { name, streams }: AttachedLabels): ContainerFacts {
  const damages = facts.damages.map((one) => {
    const stream = one.stream === null ? null : (streams[one.stream] ?? -1);
    return { ...one, file: one.file ?? name, stream: stream === -1 ? null : stream };
  });
  return { ...NO_FACTS, ...facts, damages, fold: null };
}

function freeId(id: string, name: string, streams: readonly StreamInfo[]): string {
  const isTaken = (candidate: string): boolean => streams.some((stream) => stream.id === candidate);
  if (!isTaken(id)) return id;
  let free = `${name}/${id}`;
  for (let n = 2; isTaken(free); n++) free = `${name}/${id}#${n}`;
  return free;
}
