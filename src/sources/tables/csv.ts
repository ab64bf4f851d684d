/** One line of CSV (RFC 4180, without line breaks inside quotes), any one-character separator. */

/** More columns are no table of boxes. */
const MAX_COLUMNS = 1024;

/** @returns fields without the blanks around them, or null for a quote that does not close or too many fields */
export function splitLine(line: string, separator: string): readonly string[] | null {
  if (!line.includes('"')) {
    const fields = line.split(separator, MAX_COLUMNS + 1).map((field) => field.trim());
    return fields.length <= MAX_COLUMNS ? fields : null;
  }
  const fields: string[] = [];
  let p = 0;
  while (p <= line.length) {
    while (line[p] === " ") p++;
    let field = "";
    if (line[p] === '"') {
      let end = ++p;
      while (line[end] === '"' ? line[end + 1] === '"' : end < line.length) end += line[end] === '"' ? 2 : 1;
      if (end >= line.length) return null;
      field = line.slice(p, end).replaceAll('""', '"');
      p = end + 1;
      while (line[p] === " ") p++;
      if (p < line.length && line[p] !== separator) return null;
    } else {
      const end = line.indexOf(separator, p);
      field = line.slice(p, end < 0 ? line.length : end).trim();
      p = end < 0 ? line.length : end;
    }
    if (fields.push(field) > MAX_COLUMNS) return null;
    p++;
  }
  return fields;
}
