/** Reads a span of a bag: the rows of its leaves, their payloads put together in kernel memory. */

import { InputError } from "../../errors.ts";
import type { Input, Platform } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import { OVER_BUDGET } from "../../memory.ts";
import { type Decoded, NO_FACTS, type Reader } from "../../pipeline/source.ts";
import { DamageList } from "../../summary/damages.ts";
import type { Need, Plain, RecordingIndex, Span } from "../../types.ts";
import type { MessageDecoder } from "../messages/index.ts";
import { blocksOf, decodersOf, type MessageRow, severalForms } from "../tables/message-rows.ts";
import { type Cell, columnsOf, copyPayload, integerOf } from "./cells.ts";
import { type BagDetail, type DatabaseDetail, damageIn } from "./open.ts";
import { Pages } from "./pages.ts";
import { cellsOf } from "./tables.ts";
import { zstdContentBytes } from "./zstd.ts";

/** Largest message that is read: SQLite itself stops there. */
const MAX_MESSAGE = 1 << 30;
/** Largest message that is decompressed. */
const MAX_INFLATED = 256 << 20;

export class BagReader implements Reader {
  readonly #input: Input;
  readonly #detail: BagDetail;
  readonly #kernels: Kernels;
  readonly #platform: Platform;
  readonly #mark: number;
  readonly #streamOf: ReadonlyMap<number, number>;
  readonly #decoders: (connection: number) => MessageDecoder;
  readonly #formOf: ReadonlyMap<number, number>;
  #rows: MessageRow[] = [];
  #damages = new DamageList();
  #lostBytes = 0;

  constructor(input: Input, index: RecordingIndex, kernels: Kernels, platform: Platform) {
    this.#platform = platform;
    this.#input = input;
    this.#detail = index.detail as BagDetail;
    this.#kernels = kernels;
    this.#mark = kernels.mark();
    this.#streamOf = new Map(this.#detail.connections.map(({ id, stream }) => [id, stream]));
    this.#decoders = decodersOf(this.#detail.connections);
    this.#formOf = severalForms(this.#detail.connections);
  }

  read(span: Span, needs: ReadonlySet<Need>): Decoded {
    const database = this.#detail.databases.find(({ file }) => span.kind === "bytes" && span.file === file);
    if (span.kind !== "bytes" || !database) throw new RangeError(`expected a span of this bag, got ${JSON.stringify(span)}`);
    this.#kernels.release(this.#mark);
    this.#rows = [];
    this.#damages = new DamageList();
    this.#lostBytes = 0;
    let rest: number | null = null;
    try {
      rest = this.#leaves(database, span.start, span.end);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#lostBytes += span.bytes;
      this.#damages.add(
        damageIn(this.#input, database.file, { kind: "unreadable-file", severity: "error", bytes: null, observed: {}, expected: {} }),
      );
    }
    const files = this.#input.kind === "folder" ? { files: [this.#input.files[database.file]?.path ?? ""] } : {};
    const blocks = blocksOf(this.#rows, this.#decoders, needs, this.#kernels, this.#formOf).map((block) => ({ ...block, ...files }));
    const facts = { ...NO_FACTS, ...this.#damages.facts(), lostBytes: this.#lostBytes };
    return { facts, blocks, ...(rest !== null && { rest: { ...span, start: rest } }) };
  }

  /**
   * @param start in leaves of a page each; what is left over counts the cells of a leaf that were read before
   * @returns where to go on when memory holds enough, what messages become being known only now; null at the end
   */
  #leaves(database: DatabaseDetail, start: number, end: number): number | null {
    const { file, form, leaves } = database;
    const most = this.#kernels.budget.unitBytes / 4;
    const pages = new Pages(this.#input, file, form);
    const overflow = new Pages(this.#input, file, form);
    let passed = start % form.pageBytes;
    for (let i = Math.floor(start / form.pageBytes); i < end / form.pageBytes; i++, passed = 0) {
      const number = leaves[i] ?? 0;
      const base = (number - 1) * form.pageBytes;
      const page = pages.page(number);
      if (!page) {
        this.#tell(database, "shrunk", [base, base + form.pageBytes], { page: number, bytes: 0 }, { bytes: form.pageBytes });
        this.#lostBytes += form.pageBytes;
        continue;
      }
      let cells = 0;
      for (const cell of cellsOf(page, number, form.usable)) {
        if (cells++ < passed) continue;
        if (this.#kernels.mark() - this.#mark > most) return i * form.pageBytes + cells - 1;
        if (cell) this.#row(database, cell, page, base, overflow);
        else this.#tell(database, "record-length", [base, base + form.pageBytes], { page: number });
      }
    }
    return null;
  }

  #row(database: DatabaseDetail, cell: Cell, page: Uint8Array, base: number, overflow: Pages): void {
    const { form, columns, connectionOf } = database;
    const at = [base + cell.start, base + cell.end] as const;
    const most = Math.min(MAX_MESSAGE, form.pages * form.pageBytes);
    if (cell.bytes > most) {
      this.#lose(database, cell, "too-large", at, { row: cell.rowid, bytes: cell.bytes }, { most });
      return;
    }
    const head = page.subarray(cell.local, cell.local + cell.localBytes);
    const found = columnsOf(head, cell.bytes);
    const [topic, time, data] = [found?.[columns.topic], found?.[columns.time], found?.[columns.data]];
    const topicId = topic ? integerOf(head, topic) : null;
    const logNs = time ? integerOf(head, time) : null;
    if (topicId === null || logNs === null || !data || data.type < 12) {
      this.#lose(database, cell, "malformed-record", at, { record: "Message", row: cell.rowid });
      return;
    }
    const connection = connectionOf.get(Number(topicId));
    const stream = connection === undefined ? undefined : this.#streamOf.get(connection);
    if (connection === undefined || stream === undefined) {
      this.#lose(database, cell, "unknown-channel", at, { topic: topicId }, { defined: true });
      return;
    }
    const pointer = this.#kernels.alloc(data.bytes);
    const got = copyPayload(cell, page, overflow, data.at, this.#kernels.u8(pointer, data.bytes));
    if (got !== cell.bytes) {
      const observed = { row: cell.rowid, ...(got < 0 ? { ends: false } : { bytes: got }) };
      this.#lose(database, cell, "record-length", at, observed, got < 0 ? { ends: true } : { bytes: cell.bytes });
      return;
    }
    const message = this.#detail.zstd ? this.#inflated(pointer, data.bytes) : { pointer, bytes: data.bytes };
    if (typeof message === "number") {
      const { unitBytes } = this.#kernels.budget;
      this.#lose(database, cell, OVER_BUDGET, at, { row: cell.rowid, memoryBytes: message }, { most: unitBytes });
      return;
    }
    if (!message) {
      this.#lose(database, cell, "chunk-damaged", at, { row: cell.rowid, reason: "zstd data" });
      return;
    }
    const isHere = cell.overflow === 0;
    this.#rows.push({ connection, stream, logNs, ...message, start: isHere ? at[0] : -1, end: isHere ? at[1] : -1 });
  }

  /** A message that is compressed by itself; the bytes it needs where those are more than the budget gives one; null for a damaged one. */
  #inflated(pointer: number, bytes: number): { readonly pointer: number; readonly bytes: number } | number | null {
    const size = zstdContentBytes(this.#kernels.u8(pointer, bytes));
    if (size === null || size > MAX_INFLATED) return null;
    if (bytes + size > this.#kernels.budget.unitBytes) return bytes + size;
    const target = this.#kernels.alloc(size);
    const isWhole = this.#platform.zstd(this.#kernels.u8(pointer, bytes), this.#kernels.u8(target, size));
    return isWhole ? { pointer: target, bytes: size } : null;
  }

  #lose(
    database: DatabaseDetail,
    cell: Cell,
    kind: string,
    at: readonly [number, number],
    observed: Readonly<Record<string, Plain>>,
    expected: Readonly<Record<string, Plain>> = {},
  ): void {
    this.#lostBytes += cell.end - cell.start;
    this.#tell(database, kind, at, observed, expected);
  }

  #tell(
    { file }: DatabaseDetail,
    kind: string,
    bytes: readonly [number, number],
    observed: Readonly<Record<string, Plain>>,
    expected: Readonly<Record<string, Plain>> = {},
  ): void {
    this.#damages.add(damageIn(this.#input, file, { kind, severity: "error", bytes, observed, expected }));
  }
}
