/**
 * Opens the databases of a bag as one recording: topics, definitions, and spans of leaves in order of the rows' ids, which is
 * the order of recording. What the metadata says is compared, never believed.
 */

import { InputError } from "../../errors.ts";
import { type Input, readRange } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import { NO_FACTS, type OpenOptions } from "../../pipeline/source.ts";
import { DamageList } from "../../summary/damages.ts";
import type { Damage, RecordingIndex, Span } from "../../types.ts";
import { ros2Definition } from "../messages/ros2-definitions.ts";
import { type Connection, formed, streamsOf } from "../tables/message-rows.ts";
import { bagFiles, METADATA } from "./bag-files.ts";
import { type Claim, claimsOf, compareFiles, compareTopics } from "./compare.ts";
import { type Database, type FileDamage, openDatabase } from "./database.ts";
import { type BagMetadata, MAX_METADATA_BYTES, parseMetadata } from "./metadata.ts";
import type { PageForm } from "./pages.ts";
import type { MessageColumns } from "./tables.ts";

/** One database, as a worker's reader needs it. */
export interface DatabaseDetail {
  readonly file: number;
  readonly form: PageForm;
  readonly columns: MessageColumns;
  /** Pages in order of their rows' ids. A span is a range of them, in bytes as if they stood one behind the other. */
  readonly leaves: Uint32Array;
  /** Connection by topic id. */
  readonly connectionOf: ReadonlyMap<number, number>;
}

/** What a worker's reader needs. Plain data. */
export interface BagDetail {
  readonly databases: readonly DatabaseDetail[];
  readonly connections: readonly Connection[];
  /** Each message is compressed by itself. */
  readonly zstd: boolean;
}

interface Opened {
  readonly file: number;
  readonly database: Database;
}

/** Names its file, but where the recording is that one file. */
export function damageIn(input: Input, file: number, one: FileDamage): Damage {
  const isNamed = input.kind === "folder" || file > 0;
  return { ...one, file: isNamed ? (input.files[file]?.path ?? null) : null, stream: null, timeNs: null };
}

/** @throws InputError when not one database can be read */
export function openBag(input: Input, kernels: Kernels, { spanBytes, forms }: OpenOptions): RecordingIndex {
  const damages = new DamageList();
  const add = (file: number, one: FileDamage): void => damages.add(damageIn(input, file, one));
  const sizeOf = (file: number): number => input.files[file]?.size ?? 0;
  const beside = input.files.findIndex(({ path }) => path === METADATA);
  const read = beside < 0 ? null : parseMetadata(textOf(input, beside));
  const { databases, journals, compressed } = bagFiles(input, read?.files ?? []);
  const whole = (file: number): readonly [number, number] => [0, sizeOf(file)];

  const opened: Opened[] = [];
  let lostBytes = 0;
  let problem = compressed.length > 0 ? "databases compressed as a whole, which are not read" : "no database";
  for (const file of databases) {
    const database = sizeOf(file) === 0 ? "an empty file" : openDatabase(input, file, (one) => add(file, one));
    if (typeof database !== "string") {
      opened.push({ file, database });
      continue;
    }
    problem = database;
    lostBytes += sizeOf(file);
    add(file, { kind: "unreadable-file", severity: "error", bytes: whole(file), observed: { reason: database }, expected: {} });
  }
  const [first] = opened;
  if (!first) throw new InputError(`${input.name}: expected a ROS 2 bag of SQLite databases, got ${problem}`);
  for (const file of journals) {
    add(file, {
      kind: "unmerged-journal",
      severity: "error",
      bytes: whole(file),
      observed: { bytes: sizeOf(file) },
      expected: { bytes: 0 },
    });
  }
  for (const file of compressed) {
    const [observed, expected] = [{ compression: "zstd, the whole file" }, { compression: "none" }];
    add(file, { kind: "unsupported-compression", severity: "warning", bytes: whole(file), observed, expected });
    lostBytes += sizeOf(file);
  }
  if (beside >= 0 && !read) {
    add(beside, { kind: "malformed-table", severity: "error", bytes: whole(beside), observed: {}, expected: { metadata: true } });
  } else if (beside < 0 && input.kind === "folder") {
    add(-1, {
      kind: "missing-file",
      severity: "warning",
      bytes: null,
      observed: { file: METADATA, there: false },
      expected: { there: true },
    });
  }

  const metadata = read ?? ownMetadata(opened);
  const place = { file: read ? beside : first.file, bytes: read ? whole(beside) : null };
  const claim: Claim = (kind, severity, observed, expected) => add(place.file, { kind, severity, bytes: place.bytes, observed, expected });
  const { all, databases: details } = connected(opened);
  const { streams, connections } = forms ? formed(all, kernels) : all;
  unknownForms(opened, add);
  if (metadata) {
    const files = opened.map(({ file, database }) => ({ path: input.files[file]?.path ?? "", messages: database.messages }));
    const isOwn = read === null;
    compareTopics(metadata, connections, claim);
    const there = new Set(input.files.map(({ path }) => path));
    compareFiles(isOwn ? { ...metadata, files: [], perFile: ownCount(metadata, files) } : metadata, files, there, claim);
  }
  const named = input.kind === "folder" && place.file >= 0 ? { file: input.files[place.file]?.path ?? "" } : {};
  const claims = metadata ? { ...claimsOf(metadata, connections), ...(place.bytes && { at: place.bytes }), ...named } : {};
  return {
    format: "rosbag2",
    name: input.name,
    bytes: [...databases, ...journals, ...compressed, ...(beside < 0 ? [] : [beside])].reduce((sum, file) => sum + sizeOf(file), 0),
    attachments: 0,
    metadata: metadata ? 1 : 0,
    streams,
    spans: opened.flatMap((one) => spansOf(one, spanBytes)),
    facts: { ...NO_FACTS, ...damages.facts(), lostBytes },
    claims,
    detail: { databases: details, connections, zstd: metadata?.compression === "message" } satisfies BagDetail,
  };
}

function textOf(input: Input, file: number): string {
  const size = input.files[file]?.size ?? 0;
  return size > MAX_METADATA_BYTES ? "" : new TextDecoder().decode(readRange(input, file, 0, size));
}

/** The database's own, where it is of one file. It is filled in when the recorder ends: before that it says nothing. */
function ownMetadata(opened: readonly Opened[]): BagMetadata | null {
  const [one] = opened;
  const own = opened.length === 1 ? parseMetadata(one?.database.metadata ?? "") : null;
  return own && own.files.length <= 1 ? own : null;
}

/** A database may have been renamed: its own metadata is about it all the same. */
function ownCount({ messages }: BagMetadata, files: readonly { readonly path: string }[]): ReadonlyMap<string, number> {
  return new Map(messages === null ? [] : files.map(({ path }) => [path, messages]));
}

/** Connections of all databases, numbered on: the same topic has another id in each. */
function connected(opened: readonly Opened[]) {
  const found: Omit<Connection, "stream">[] = [];
  const databases = opened.map(({ file, database: { form, columns, leaves, topics, definitions } }): DatabaseDetail => {
    const connectionOf = new Map<number, number>();
    for (const { id, name, type, format, typeHash } of topics) {
      const own = definitions.get(type);
      const known = own?.encoding === "ros2msg" ? null : ros2Definition(type);
      const schema = {
        messageEncoding: format,
        schemaEncoding: known === null ? (own?.encoding ?? "") : "ros2msg",
        schemaName: type,
        schemaData: new TextEncoder().encode(known ?? own?.text ?? ""),
      };
      connectionOf.set(id, found.length);
      const stated = own ? { encoding: own.encoding, data: new TextEncoder().encode(own.text) } : null;
      found.push({ id: found.length, topic: name, schema, stated, typeHash: typeHash || null });
    }
    return { file, form, columns, leaves: Uint32Array.from(leaves, ({ page }) => page), connectionOf };
  });
  return { all: streamsOf(found), databases };
}

/** Messages that are not CDR stay bytes: that is said once for each form. */
function unknownForms(opened: readonly Opened[], add: (file: number, one: FileDamage) => void): void {
  for (const { file, database } of opened) {
    for (const format of new Set(database.topics.map((topic) => topic.format))) {
      if (format === "cdr") continue;
      const topics = database.topics.filter((topic) => topic.format === format).map(({ name }) => name);
      const observed = { serializationFormat: format.slice(0, 64), topics: topics.slice(0, 20) };
      add(file, {
        kind: "unknown-encoding",
        severity: "warning",
        bytes: database.topicsAt,
        observed,
        expected: { serializationFormat: "cdr" },
      });
    }
  }
}

function spansOf({ file, database: { form, leaves } }: Opened, spanBytes: number): Span[] {
  const spans: Span[] = [];
  let first = 0;
  let bytes = 0;
  for (const [i, leaf] of leaves.entries()) {
    bytes += leaf.bytes;
    const next = leaves[i + 1];
    if (next && bytes + next.bytes <= spanBytes) continue;
    spans.push({ kind: "bytes", file, start: first * form.pageBytes, end: (i + 1) * form.pageBytes, bytes });
    first = i + 1;
    bytes = 0;
  }
  return spans;
}
