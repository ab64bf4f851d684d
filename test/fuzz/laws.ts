/** What must hold of every report, whatever was checked. */
import { checks, type Finding, formats, type Plain, parseXml, type Report } from "./house.ts";
import type { Files } from "./kinds/sample.ts";

/** Why a report cannot be right; empty when nothing speaks against it. */
export function brokenLaws(report: Report, files: Files): readonly string[] {
  return [
    ...countsOf(report),
    ...report.findings.flatMap((finding) => findingOf(finding, report, files)),
    ...numbersOf(report),
    ...textsOf(report),
  ];
}

function countsOf({ summary, verdicts, findings }: Report): readonly string[] {
  const broken: string[] = [];
  for (const status of ["pass", "fail", "not_run", "not_observable"] as const) {
    const count = verdicts.filter((verdict) => verdict.status === status).length;
    if (summary[status] !== count) broken.push(`summary: ${status} is ${summary[status]}, there are ${count}`);
  }
  const counted = verdicts.reduce((sum, { more = [] }) => more.reduce((all, { count }) => all + count, sum), 0);
  if ((summary.more ?? 0) !== counted) broken.push(`summary: more is ${summary.more}, there are ${counted}`);
  const all = findings.length + counted;
  if (summary.findings !== all) broken.push(`summary: findings is ${summary.findings}, there are ${all}`);
  for (const { check, stream, status, reason, coverage } of verdicts) {
    const own = `${check} of ${stream}`;
    if (status.startsWith("not_") && !reason) broken.push(`${own}: ${status} without a reason`);
    if (!(coverage.checked >= 0 && coverage.checked <= coverage.items))
      broken.push(`${own}: checked ${coverage.checked} of ${coverage.items}`);
    const grave = findings.filter((finding) => finding.check === check && finding.severity !== "info");
    if (status === "pass" && grave.some((finding) => finding.stream === stream)) broken.push(`${own}: pass with findings`);
  }
  for (const { check, kind } of findings) {
    if (!verdicts.some((verdict) => verdict.check === check)) broken.push(`${kind}: no verdict of ${check}`);
  }
  return broken;
}

function findingOf(finding: Finding, { recording }: Report, files: Files): readonly string[] {
  const { check, kind, stream, frames, timeNs, bytes, file, fingerprint } = finding;
  const broken: string[] = [];
  const say = (what: string): void => void broken.push(`${check} ${kind} of ${stream}: ${what}`);
  if (!/^[0-9a-f]{16}$/.test(fingerprint)) say(`fingerprint ${fingerprint}`);
  const known = recording.streams.find(({ id }) => id === stream);
  if (frames) {
    const [first, last] = frames;
    if (!(Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && first <= last)) say(`frames ${first} to ${last}`);
    // Of a sealed stream frames may be named that are no longer there.
    if (known && check !== "integrity/seal" && last >= known.frames) say(`frame ${last} of ${known.frames}`);
  }
  if (timeNs && timeNs[0] > timeNs[1]) say(`time ${timeNs[0]} to ${timeNs[1]}`);
  if (!bytes) return broken;
  const [start, end] = bytes;
  const sizes = file === undefined ? Object.values(files).map(({ length }) => length) : [files[file]?.length ?? -1];
  if (!(Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end)) say(`bytes ${start} to ${end}`);
  else if (end > Math.max(recording.bytes, ...sizes) || (file !== undefined && end > (sizes[0] ?? 0)))
    say(`bytes to ${end} of ${file ?? recording.name}`);
  return broken;
}

/** Every number is one that JSON can hold, and none that a conversion was cut off at. */
const CUT = new Set([2 ** 53, 2 ** 53 - 1, 2 ** 63, 2 ** 64, 2 ** 53 / 1e6, 2 ** 63 / 1e6, 2 ** 63 / 1e9, Number.MAX_VALUE]);

function numbersOf(report: Report): readonly string[] {
  const broken: string[] = [];
  const walk = (value: Plain, path: string): void => {
    if (typeof value === "number") {
      if (!Number.isFinite(value)) broken.push(`${path} is ${value}`);
      else if (CUT.has(Math.abs(value))) broken.push(`${path} is ${value}: the end of a range`);
    } else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) walk(item as Plain, `${path}.${key}`);
  };
  for (const verdict of report.verdicts)
    walk({ observed: verdict.observed, coverage: { ...verdict.coverage } }, `${verdict.check} of ${verdict.stream}`);
  for (const finding of report.findings)
    walk({ observed: finding.observed, expected: finding.expected }, `${finding.check} ${finding.kind}`);
  for (const { id, frames, bytes, points, boxes, tracks } of report.recording.streams)
    walk([frames, bytes, points ?? 0, boxes ?? 0, tracks ?? 0], id);
  return broken;
}

/** Every format can be written, and read again by whoever reads it. */
function textsOf(report: Report): readonly string[] {
  const context = { checks, version: "0", several: false, unread: [], color: false, width: Number.POSITIVE_INFINITY };
  const written: Readonly<Record<keyof typeof formats, string>> = {
    text: formats.text([report], context),
    json: formats.json([report], context),
    ndjson: formats.ndjson([report]),
    sarif: formats.sarif([report], context),
    junit: formats.junit([report], context),
  };
  for (const json of [written.json, written.sarif, ...written.ndjson.trim().split("\n")]) JSON.parse(json);
  parseXml(written.junit);
  const broken = /.*(?:\bundefined\b|\[object ).*/.exec(written.text);
  return broken ? [`text: ${broken[0]}`] : [];
}
