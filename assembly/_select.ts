/** The k-th smallest of f64 values (Hoare's selection, median of three): the values are reordered around it. O(n) on average. */
export function select(values: usize, n: i32, k: i32): f64 {
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (get(values, middle) < get(values, low)) swap(values, middle, low);
    if (get(values, high) < get(values, low)) swap(values, high, low);
    if (get(values, high) < get(values, middle)) swap(values, high, middle);
    const pivot = get(values, middle);
    let i = low;
    let j = high;
    while (i <= j) {
      while (get(values, i) < pivot) i++;
      while (pivot < get(values, j)) j--;
      if (i <= j) {
        swap(values, i, j);
        i++;
        j--;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return get(values, k);
}

function get(values: usize, i: i32): f64 {
  return load<f64>(values + (usize(i) << 3));
}

function swap(values: usize, i: i32, j: i32): void {
  const held = get(values, i);
  store<f64>(values + (usize(i) << 3), get(values, j));
  store<f64>(values + (usize(j) << 3), held);
}
