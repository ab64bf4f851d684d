/** Tables of a SQLite database: the leaves of a table in order of its rows' ids, and small tables read whole. */
import type { Damage, Plain } from "../../types.ts";
import { type Cell, cellOf, columnsOf, copyPayload, INTERIOR, integerOf, isBlob, nodeOf } from "./cells.ts";
import { type DatabaseHeader, type Pages, u16, u32 } from "./pages.ts";

/** Of a database's own tables of topics, definitions and metadata. */
const MAX_ROWS = 65_536;
/** Of one row of these, and of all of a table. */
const MAX_ROW_BYTES = 4 << 20;
const MAX_TABLE_BYTES = 64 << 20;

/** Which columns of the table of messages are what. Plain data. */
export interface MessageColumns {
  readonly topic: number;
  readonly time: number;
  readonly data: number;
}

/** Notes damage to a page. */
export type Tell = (
  kind: string,
  page: number,
  observed: Readonly<Record<string, Plain>>,
  expected?: Readonly<Record<string, Plain>>,
  severity?: Damage["severity"],
) => void;

export interface Tree {
  /** In order of their rows' ids. */
  readonly leaves: readonly number[];
  /** A bit per page of the tree. */
  readonly seen: Uint8Array;
  /** Every page that is pointed to is there and is one of a table. */
  readonly isWhole: boolean;
}

/** The tree at `root`. Every page is met once, whatever the pages say. */
export function treeOf(pages: Pages, root: number, tell: Tell): Tree {
  const { form } = pages;
  const leaves: number[] = [];
  const seen = new Uint8Array((form.pages >>> 3) + 1);
  const stack: number[] = [];
  let isWhole = true;
  const push = (child: number, from: number): void => {
    const bit = 1 << (child & 7);
    if (child < 1 || child > form.pages) {
      isWhole = false;
      tell("index-mismatch", from, { page: from, child }, { pages: form.pages });
    } else if ((seen[child >>> 3] ?? 0) & bit) {
      isWhole = false;
      tell("index-mismatch", from, { page: from, child, uses: 2 }, { uses: 1 });
    } else {
      seen[child >>> 3] = (seen[child >>> 3] ?? 0) | bit;
      stack.push(child);
    }
  };
  push(root, 1);
  for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
    const page = pages.page(number);
    const node = page && nodeOf(page, number, form.usable);
    if (!page || !node) {
      isWhole = false;
      tell("unreadable", number, { page: number, pageType: page?.[0] ?? null }, { pageType: "table" });
      continue;
    }
    if (node.type !== INTERIOR) {
      leaves.push(number);
      continue;
    }
    push(node.right, number);
    for (let i = node.count - 1; i >= 0; i--) {
      const at = u16(page, node.pointers + 2 * i);
      push(at + 4 <= form.usable ? u32(page, at) : 0, number);
    }
  }
  return { leaves, seen, isWhole };
}

/** Cells of a leaf, null for one that does not fit. @param page must outlive the iteration */
export function* cellsOf(page: Uint8Array, number: number, usable: number): Generator<Cell | null> {
  const node = nodeOf(page, number, usable);
  for (let i = 0; node && i < node.count; i++) yield cellOf(page, node, i, usable);
}

export type Value = null | bigint | number | string | Uint8Array;

/** A row of a small table, by the names of its columns. The column that is the row's id is that. */
export type Row = ReadonlyMap<string, Value>;

/** All rows of a small table, as far as they can be read. @param names of its columns, null for that of the row's id */
export function rowsOf(
  pages: Pages,
  header: DatabaseHeader,
  root: number,
  names: readonly string[],
  idColumn: string | null,
  tell: Tell,
): readonly Row[] {
  const decoder = new TextDecoder(header.text, { ignoreBOM: true });
  const rows: Row[] = [];
  let total = 0;
  for (const leaf of treeOf(pages, root, tell).leaves) {
    const page = pages.page(leaf)?.slice() ?? new Uint8Array(0);
    for (const cell of cellsOf(page, leaf, header.usable)) {
      total += cell?.bytes ?? 0;
      const payload = cell && cell.bytes <= MAX_ROW_BYTES && total <= MAX_TABLE_BYTES ? new Uint8Array(cell.bytes) : null;
      const isWhole = cell && payload && copyPayload(cell, page, pages, 0, payload) === cell.bytes;
      const columns = isWhole ? columnsOf(payload, payload.length) : null;
      if (!cell || !payload || !columns || rows.length === MAX_ROWS) {
        tell("malformed-record", leaf, { page: leaf, rowid: cell?.rowid ?? null });
        continue;
      }
      const row = new Map<string, Value>();
      for (const [i, name] of names.entries()) {
        const column = columns[i];
        if (name === idColumn) row.set(name, cell.rowid);
        else if (!column || column.type === 0) row.set(name, null);
        else if (column.type >= 12) {
          const bytes = payload.subarray(column.at, column.at + column.bytes);
          row.set(name, isBlob(column) ? bytes : decoder.decode(bytes));
        } else row.set(name, integerOf(payload, column));
      }
      rows.push(row);
    }
  }
  return rows;
}

export interface Table {
  readonly root: number;
  readonly names: readonly string[];
  /** Its INTEGER PRIMARY KEY, which stands for the row's id. */
  readonly idColumn: string | null;
}

/** Tables by name, from the database's own table of them. */
export function tablesOf(pages: Pages, header: DatabaseHeader, tell: Tell): ReadonlyMap<string, Table> {
  const tables = new Map<string, Table>();
  for (const row of rowsOf(pages, header, 1, ["type", "name", "tbl_name", "rootpage", "sql"], null, tell)) {
    const [name, root, sql] = [row.get("name"), row.get("rootpage"), row.get("sql")];
    if (row.get("type") !== "table" || typeof name !== "string" || typeof root !== "bigint" || typeof sql !== "string") continue;
    const columns = definitionsOf(sql);
    const id = columns.findIndex(({ rest }) => /^\s*integer\s+primary\s+key/i.test(rest));
    tables.set(name, { root: Number(root), names: columns.map((one) => one.name), idColumn: columns[id]?.name ?? null });
  }
  return tables;
}

/** Column definitions of a CREATE TABLE: what stands between its brackets, cut at commas outside of others. */
function definitionsOf(sql: string): readonly { readonly name: string; readonly rest: string }[] {
  const inside = sql.slice(sql.indexOf("(") + 1, sql.lastIndexOf(")"));
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= inside.length; i++) {
    const char = inside[i];
    if (char === "(") depth++;
    if (char === ")") depth--;
    if (i === inside.length || (char === "," && depth === 0)) {
      parts.push(inside.slice(from, i));
      from = i + 1;
    }
  }
  return parts.flatMap((part) => {
    const match = /^\s*["'`[]?(\w+)["'`\]]?(.*)$/s.exec(part);
    return match ? [{ name: (match[1] ?? "").toLowerCase(), rest: match[2] ?? "" }] : [];
  });
}
