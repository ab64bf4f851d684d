/** One database of a ROS 2 bag: its topics and definitions, and the leaves its messages stand in. */
import { type Input, readRange } from "../../input.ts";
import type { Damage } from "../../types.ts";
import { withOrphans } from "./orphans.ts";
import { type DatabaseHeader, databaseHeader, HEADER_BYTES, MAGIC, type PageForm, Pages } from "./pages.ts";
import { cellsOf, type MessageColumns, type Row, rowsOf, type Table, type Tell, tablesOf, treeOf } from "./tables.ts";

export interface Topic {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  /** "cdr", or whatever the middleware wrote. */
  readonly format: string;
  /** Hash of the type (REP 2016); "" where none is stated. */
  readonly typeHash: string;
}

export interface Definition {
  readonly encoding: string;
  readonly text: string;
}

export interface Leaf {
  readonly page: number;
  /** Of the page and of what its rows have elsewhere. */
  readonly bytes: number;
}

/** Damage to one file. */
export type FileDamage = Omit<Damage, "file" | "stream" | "timeNs">;

export interface Database {
  readonly form: PageForm;
  readonly topics: readonly Topic[];
  /** The page they begin in. */
  readonly topicsAt: readonly [number, number];
  /** By type. */
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly metadata: string | null;
  /** Of the messages: where topic, time and data stand among the columns. */
  readonly columns: MessageColumns;
  readonly leaves: readonly Leaf[];
  readonly messages: number;
}

/** By its magic; a file with a bag's name also where that is damaged. */
export function isDatabase(input: Input, file: number): boolean {
  const { path, size } = input.files[file] ?? { path: "", size: 0 };
  const first = readRange(input, file, 0, Math.min(size, HEADER_BYTES));
  return (
    new TextDecoder("latin1").decode(first.subarray(0, 16)) === MAGIC || (path.endsWith(".db3") && databaseHeader(first, size) !== null)
  );
}

/**
 * Reads everything but the messages' payloads.
 *
 * @param add is told of damage
 * @returns a short reason where it is no database of a bag
 */
export function openDatabase(input: Input, file: number, add: (damage: FileDamage) => void): Database | string {
  const size = input.files[file]?.size ?? 0;
  const header = databaseHeader(readRange(input, file, 0, Math.min(size, HEADER_BYTES)), size);
  if (!header) return "not a SQLite database";
  const { pageBytes, pages: count, claimedPages, hasMagic } = header;
  if (!hasMagic) add({ kind: "bad-magic", severity: "error", bytes: [0, 16], observed: {}, expected: { first: MAGIC.slice(0, -1) } });
  const claimed = (claimedPages ?? count) * pageBytes;
  if (size < claimed || size % pageBytes !== 0) {
    const expected = { bytes: Math.max(claimed, Math.ceil(size / pageBytes) * pageBytes) };
    add({
      kind: "truncated",
      severity: "error",
      bytes: [Math.min(count * pageBytes, size - 1), size],
      observed: { bytes: size },
      expected,
    });
  } else if (size > claimed) {
    add({ kind: "trailing-bytes", severity: "warning", bytes: [claimed, size], observed: { bytes: size }, expected: { bytes: claimed } });
  }
  const isCut = size < claimed;
  const tell: Tell = (kind, page, observed, expected = {}, severity = "error") => {
    // Pages that a cut file lacks are told once.
    if (isCut && kind === "index-mismatch" && Number(observed["child"]) > count) return;
    add({ kind, severity, bytes: [(page - 1) * pageBytes, Math.min(size, page * pageBytes)], observed, expected });
  };
  const pages = new Pages(input, file, header);
  const tables = tablesOf(pages, header, tell);
  const messages = tables.get("messages");
  const topics = tables.get("topics");
  const definitions = tables.get("message_definitions");
  if (!messages || !topics) return "a SQLite database without the tables topics and messages of a ROS 2 bag";
  const columns = {
    topic: messages.names.indexOf("topic_id"),
    time: messages.names.indexOf("timestamp"),
    data: messages.names.indexOf("data"),
  };
  if (Math.min(columns.topic, columns.time, columns.data) < 0) return "a table of messages without topic_id, timestamp and data";
  const rows = (table: Table | undefined): readonly Row[] =>
    table ? rowsOf(pages, header, table.root, table.names, table.idColumn, tell) : [];
  const found = rows(topics).map((row) => ({
    id: Number(row.get("id")),
    name: textOf(row, "name"),
    type: textOf(row, "type"),
    format: textOf(row, "serialization_format"),
    typeHash: textOf(row, "type_description_hash"),
  }));
  const tree = treeOf(pages, messages.root, tell);
  const leaves = tree.isWhole ? tree.leaves : withOrphans(pages, tree, columns, new Set(found.map(({ id }) => id)));
  return {
    form: { pageBytes, usable: header.usable, pages: count },
    topics: found,
    topicsAt: [(topics.root - 1) * pageBytes, topics.root * pageBytes],
    definitions: definitionsOf(rows(definitions), (type) => {
      const at = (definitions?.root ?? 1) * pageBytes;
      add({
        kind: "schema-conflict",
        severity: "error",
        bytes: [at - pageBytes, at],
        observed: { type, definitions: 2 },
        expected: { definitions: 1 },
      });
    }),
    metadata:
      rows(tables.get("metadata"))
        .map((row) => textOf(row, "metadata"))
        .at(-1) ?? null,
    columns,
    ...weighed(pages, header, leaves, tell),
  };
}

/** By type; the first one counts. @param conflict is told of a type that is defined twice, differently */
function definitionsOf(rows: readonly Row[], conflict: (type: string) => void): ReadonlyMap<string, Definition> {
  const found = new Map<string, Definition>();
  for (const row of rows) {
    const type = textOf(row, "topic_type");
    const definition = { encoding: textOf(row, "encoding"), text: textOf(row, "encoded_message_definition") };
    const known = found.get(type);
    if (!known) found.set(type, definition);
    else if (known.encoding !== definition.encoding || known.text !== definition.text) conflict(type);
  }
  return found;
}

function textOf(row: Row, name: string): string {
  const value = row.get(name);
  return typeof value === "string" ? value : "";
}

/** Messages have no more bytes than their file: where the leaves say so, those from there on are left out. */
function weighed(
  pages: Pages,
  header: DatabaseHeader,
  numbers: readonly number[],
  tell: Tell,
): { readonly leaves: readonly Leaf[]; readonly messages: number } {
  const { pageBytes, usable } = header;
  const most = header.pages * pageBytes;
  const leaves: Leaf[] = [];
  let total = 0;
  let messages = 0;
  for (const number of numbers) {
    const page = pages.page(number);
    if (!page) continue;
    let bytes = pageBytes;
    let count = 0;
    for (const cell of cellsOf(page, number, usable)) {
      // A row that cannot be is told, and left out, when its leaf is read.
      if (!cell || cell.bytes > most) continue;
      if (cell.overflow <= header.pages) bytes += cell.bytes - cell.localBytes;
      count++;
    }
    total += bytes;
    if (total > 2 * most) {
      tell("too-large", number, { page: number, bytes: total }, { most });
      break;
    }
    messages += count;
    leaves.push({ page: number, bytes });
  }
  return { leaves, messages };
}
