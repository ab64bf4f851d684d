/** Leaves of messages that a damaged tree no longer leads to: found by what their rows look like, put in their place by the rows' ids. */
import { isZero, MOST_ZEROS } from "../../digest/bytes.ts";
import { columnsOf, integerOf, isBlob } from "./cells.ts";
import type { Pages } from "./pages.ts";
import { cellsOf, type MessageColumns, type Tree } from "./tables.ts";

interface Leaf {
  readonly page: number;
  readonly first: number;
  readonly last: number;
  readonly isOrphan: boolean;
}

/** All leaves in order of their rows' ids. A page whose rows are in another leaf already is a copy that was given up: left out. */
export function withOrphans(pages: Pages, { leaves, seen }: Tree, columns: MessageColumns, topics: ReadonlySet<number>): readonly number[] {
  const all: Leaf[] = [];
  for (const page of leaves) all.push({ page, ...rowsIn(pages, page), isOrphan: false });
  let zeros = 0;
  for (let page = 2; page <= pages.form.pages && zeros <= MOST_ZEROS; page++) {
    const bytes = pages.page(page) ?? NO_PAGE;
    zeros = isZero(bytes, 0, bytes.length) ? zeros + pages.form.pageBytes : 0;
    if (zeros > 0) continue;
    if ((seen[page >>> 3] ?? 0) & (1 << (page & 7)) || !holdsMessages(pages, page, columns, topics)) continue;
    all.push({ page, ...rowsIn(pages, page), isOrphan: true });
  }
  all.sort((a, b) => a.first - b.first || Number(a.isOrphan) - Number(b.isOrphan));
  const kept: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const leaf of all) {
    if (leaf.isOrphan && leaf.first <= last) continue;
    kept.push(leaf.page);
    last = Math.max(last, leaf.last);
  }
  return kept;
}

function rowsIn(pages: Pages, number: number): { readonly first: number; readonly last: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const cell of cellsOf(pages.page(number) ?? NO_PAGE, number, pages.form.usable)) {
    if (!cell) continue;
    first = Math.min(first, cell.rowid);
    last = Math.max(last, cell.rowid);
  }
  return { first, last };
}

/** Whether every row of a page is a message on a topic of the bag. */
function holdsMessages(pages: Pages, number: number, { topic, time, data }: MessageColumns, topics: ReadonlySet<number>): boolean {
  const page = pages.page(number) ?? NO_PAGE;
  let rows = 0;
  for (const cell of cellsOf(page, number, pages.form.usable)) {
    const head = cell && page.subarray(cell.local, cell.local + cell.localBytes);
    const found = head && columnsOf(head, cell.bytes);
    const [topicColumn, timeColumn, dataColumn] = [found?.[topic], found?.[time], found?.[data]];
    if (!head || !topicColumn || !timeColumn || !dataColumn || !isBlob(dataColumn)) return false;
    const id = integerOf(head, topicColumn);
    if (id === null || !topics.has(Number(id)) || integerOf(head, timeColumn) === null) return false;
    rows++;
  }
  return rows > 0;
}

const NO_PAGE = new Uint8Array(0);
