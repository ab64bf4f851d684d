/** A chunk opened for nothing but its schemas and channels. */
import type { Platform } from "../../input.ts";
import { openChunk } from "./chunk.ts";
import type { Definitions } from "./definitions.ts";
import { CHANNEL, RECORD_HEADER, SCHEMA } from "./format.ts";
import { parseChannel, parseSchema } from "./records.ts";
import type { Session } from "./summary.ts";
import { walk } from "./walk.ts";
import { MemoryWindow } from "./window.ts";

/** Keeps the definition in a schema's or channel's content. `at`: where it stands. */
export function define(content: Uint8Array, opcode: number, at: readonly [number, number], into: Definitions): void {
  if (opcode === SCHEMA) {
    const schema = parseSchema(content);
    if (schema) into.schema(schema, at);
  } else {
    const channel = parseChannel(content);
    if (channel) into.channel(channel, at);
  }
}

/** Reads a chunk for its definitions. @returns whether all of it could be read */
export function prescan(session: Session, platform: Platform, at: number, end: number, isCut: boolean, into: Definitions): boolean {
  const { kernels, input } = session;
  const length = end - at - RECORD_HEADER;
  const mark = kernels.mark();
  const pointer = kernels.alloc(length);
  const got = input.read(0, at + RECORD_HEADER, kernels.u8(pointer, length));
  const chunk = openChunk({ pointer, length: got, cut: isCut || got < length }, kernels, platform);
  const records = new MemoryWindow(kernels.u8(chunk.pointer, chunk.bytes));
  let whole = chunk.whole;
  const bad = (): void => {
    whole = false;
  };
  walk(
    records,
    records,
    { from: 0, limit: chunk.bytes, place: "chunk", closed: true, anchors: new Float64Array(0), stopAt: -1, effort: session.effort },
    {
      record(from, opcode, to) {
        if (opcode === SCHEMA || opcode === CHANNEL) define(records.u8.subarray(from + RECORD_HEADER, to), opcode, [at, end], into);
        return true;
      },
      gap: bad,
      wrongLength: bad,
      cut: bad,
    },
  );
  kernels.release(mark);
  return whole;
}
