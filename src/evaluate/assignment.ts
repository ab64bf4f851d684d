/**
 * Who goes with whom, at the least cost in all: shortest augmenting paths (Jonker and Volgenant 1987, doi:10.1007/BF02278710).
 *
 * @param cost f64[rows * columns] of row i with column j, 0 or more; Infinity where they may not go together
 * @returns the column of each row, -1 where it stays alone: as many pairs as possible, and of those the cheapest
 * O(rows^2 * (rows + columns))
 */
export function assign(cost: Float64Array, rows: number, columns: number): Int32Array {
  // To stay alone is a column too, dearer than all pairs together: there are as many of these as rows.
  const alone = cost.reduce((sum, price) => sum + (price === Number.POSITIVE_INFINITY ? 0 : price), 1);
  const all = columns + rows;
  const priceOf = (row: number, column: number): number => (column < columns ? (cost[row * columns + column] ?? 0) : alone);
  const columnOf = new Int32Array(rows).fill(-1);
  const rowOf = new Int32Array(all).fill(-1);
  // Duals: along pairs those of row and column add up to the price, elsewhere to no more.
  const [rowDual, columnDual] = [new Float64Array(rows), new Float64Array(all)];
  const [distance, from, done] = [new Float64Array(all), new Int32Array(all), new Uint8Array(all)];
  for (let start = 0; start < rows; start++) {
    distance.fill(Number.POSITIVE_INFINITY);
    done.fill(0);
    let row = start;
    let reached = 0;
    let end = -1;
    while (end < 0) {
      let next = -1;
      for (let j = 0; j < all; j++) {
        if (done[j]) continue;
        const through = reached + priceOf(row, j) - (rowDual[row] ?? 0) - (columnDual[j] ?? 0);
        if (through < (distance[j] ?? 0)) {
          distance[j] = through;
          from[j] = row;
        }
        if (next < 0 || (distance[j] ?? 0) < (distance[next] ?? 0)) next = j;
      }
      done[next] = 1;
      reached = distance[next] ?? 0;
      if ((rowOf[next] ?? -1) < 0) end = next;
      else row = rowOf[next] ?? -1;
    }
    rowDual[start] = (rowDual[start] ?? 0) + reached;
    for (let j = 0; j < all; j++) {
      if (!done[j] || j === end) continue;
      const gain = reached - (distance[j] ?? 0);
      const paired = rowOf[j] ?? -1;
      columnDual[j] = (columnDual[j] ?? 0) - gain;
      rowDual[paired] = (rowDual[paired] ?? 0) + gain;
    }
    for (let at = end; at >= 0; ) {
      const owner = from[at] ?? -1;
      const before = columnOf[owner] ?? -1;
      rowOf[at] = owner;
      columnOf[owner] = at;
      at = owner === start ? -1 : before;
    }
  }
  return columnOf.map((column) => (column < columns ? column : -1));
}
