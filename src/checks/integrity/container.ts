/**
 * integrity/container: does the container agree with itself?
 *
 * Sources tell of every contradiction they met while opening and reading; this check adds what only the whole can
 * show (the checksum over all spans, the counts and times a statistics record claims) and says how many of the regions
 * that could carry a checksum have one. An absent checksum is never a pass.
 */
import { CONTAINER, type Conclusion, type Context, type Defect, defineCheck } from "../../check/check.ts";
import { joinDamages, weightOf } from "../../summary/damages.ts";
import type { ContainerFacts, Damage, Finding, More, Plain, Severity } from "../../types.ts";

interface Summary {
  /** The gravest damages, by byte order. */
  readonly damages: readonly Damage[];
  /** All others, counted. */
  readonly more: readonly More[];
  readonly regions: ContainerFacts["regions"];
  /** CRC-32 of the bytes of the region the claims cover, as far as they were read. */
  readonly fold: { readonly crc: number; readonly bytes: number };
  readonly lostBytes: number;
}

const NOTHING: Summary = {
  damages: [],
  more: [],
  regions: { total: 0, withChecksum: 0, verified: 0 },
  fold: { crc: 0, bytes: 0 },
  lostBytes: 0,
};

const kinds = {
  "bad-magic": { severity: "error", meaning: "the file does not begin or end with its format's magic bytes" },
  "bad-stamp": { severity: "error", meaning: "a line of a table of stamps is no time" },
  "broken-link": { severity: "warning", meaning: "a link of the recording leads to nothing" },
  "changed-while-read": {
    severity: "error",
    meaning: "a file of the recording changed while it was read: what is told here is of no state it ever had",
  },
  "channel-conflict": { severity: "error", meaning: "two channel records of one id differ" },
  "chunk-damaged": { severity: "error", meaning: "a chunk does not decompress to what its header says" },
  "crc-mismatch": { severity: "error", meaning: "bytes do not match the checksum stored with them" },
  "empty-file": { severity: "warning", meaning: "a table or file of the recording has no content" },
  "file-shrunk": { severity: "error", meaning: "a file became shorter while it was read" },
  "file-too-large": { severity: "error", meaning: "a file is larger than any honest one and was not read" },
  "header-bounds": { severity: "warning", meaning: "points lie outside the box their file's header states" },
  "header-returns": { severity: "warning", meaning: "points are of other returns than their file's header counts" },
  "index-mismatch": {
    severity: "error",
    meaning: "an index or header says something else than the records (info where it is only imprecise)",
  },
  "link-out": { severity: "info", meaning: "a link leads out of the recording's folder and was not followed; --follow reads it" },
  "malformed-record": { severity: "error", meaning: "a record's content is not what its type says" },
  "malformed-row": { severity: "error", meaning: "a line of a table does not read as the row it should be" },
  "malformed-table": { severity: "error", meaning: "a table does not decode" },
  "misplaced-record": { severity: "warning", meaning: "a record stands where its type must not stand" },
  "missing-file": { severity: "warning", meaning: "a file that stamps or other files point to is not there" },
  "missing-stamp": { severity: "warning", meaning: "a file has no stamp" },
  "no-data-end": { severity: "error", meaning: "the record that ends the data section is missing" },
  "no-footer": { severity: "error", meaning: "the file ends without a footer" },
  "no-rows": { severity: "error", meaning: "a table has no readable row" },
  "record-length": { severity: "error", meaning: "a record's length is wrong: it leads past the end or to no record" },
  "schema-conflict": { severity: "error", meaning: "two schema records of one id differ" },
  shrunk: { severity: "error", meaning: "the file became shorter while it was read" },
  "special-file": { severity: "warning", meaning: "a pipe, socket or device lies among the files and was not read" },
  "statistics-mismatch": {
    severity: "error",
    meaning: "the statistics say other counts or times than the records (info where a writer takes time 0 for unset)",
  },
  "sweep-gaps": { severity: "info", meaning: "how far apart sweeps follow each other by their stamps (warning where they overlap)" },
  "sweep-bounds": { severity: "error", meaning: "a sweep's stamp lies outside its start and end" },
  "table-too-long": { severity: "error", meaning: "a table has more lines than any honest one; the rest was not read" },
  "too-large": {
    severity: "error",
    meaning: "a record claims more bytes than can be true and was not opened (warning: counted, not decoded)",
  },
  "over-memory-budget": {
    severity: "error",
    meaning: "a chunk needs more memory than the budget gives one (--memory), and was not read: this says nothing against it",
  },
  "trailing-bytes": { severity: "error", meaning: "bytes behind the end of the container" },
  truncated: { severity: "error", meaning: "the file ends before its content does" },
  "unknown-channel": { severity: "error", meaning: "messages on a channel that nothing defines: they belong to no stream" },
  "unknown-encoding": { severity: "warning", meaning: "messages are serialised in a way this reader does not know: they stay bytes" },
  "unknown-opcode": { severity: "info", meaning: "a record type the specification does not name (yet); it was passed over" },
  "unknown-schema": { severity: "error", meaning: "a channel names a schema that nothing defines" },
  "unmerged-journal": { severity: "error", meaning: "a journal with content lies beside the database; what is in it was not read" },
  unreadable: { severity: "error", meaning: "bytes that no record could be read from" },
  "unreadable-file": { severity: "error", meaning: "a file of the recording cannot be read" },
  "unsupported-compression": { severity: "warning", meaning: "a chunk is compressed in a way this reader does not know" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

export const container = defineCheck<Summary>({
  id: "integrity/container",
  title: "Does the container agree with its own checksums, lengths, index and statistics?",
  level: 0,
  needs: [],
  defaults: {},
  kinds,
  blindSpots: [
    "changes in regions without a checksum (coverage says how many have one)",
    "a change made together with its checksum: a CRC guards against accidents, not against intent (use a seal)",
    "where in the data section a change is, when only the checksum over the whole section shows it",
    "what lies behind links that lead out of a recording's folder, unless they are followed (--follow)",
    "records behind more than 1 GiB of zeros: a search after damage goes no further",
    "a file that changed and was changed back, its time included, while it was read",
    "changed points of LAS, but outside the box or returns its header states; of LAZ some 2 in 100 changed bytes (docs/clouds.md)",
    "checksums inside payloads that no check reads: those of PNG images without labels",
  ],

  fold: {
    looksAt: (stream) => stream === CONTAINER,
    observe({ facts }) {
      if (!facts) return NOTHING;
      const { damages, moreDamages = [], regions, fold, lostBytes } = facts;
      return { ...kept(damages, moreDamages), regions, fold: fold ?? { crc: 0, bytes: 0 }, lostBytes };
    },
    merge: (left, right, { kernels }) => ({
      ...kept([...left.damages, ...right.damages], [...left.more, ...right.more]),
      regions: {
        total: left.regions.total + right.regions.total,
        withChecksum: left.regions.withChecksum + right.regions.withChecksum,
        verified: left.regions.verified + right.regions.verified,
      },
      fold: {
        crc: kernels.exports.crc32Combine(left.fold.crc, right.fold.crc, right.fold.bytes) >>> 0,
        bytes: left.fold.bytes + right.fold.bytes,
      },
      lostBytes: left.lostBytes + right.lostBytes,
    }),
  },

  conclude({ container: summary, ...context }) {
    if (!summary) return [];
    return [judge(summary, context)];
  },

  describe: (finding) => `${placeOf(finding)}${wordsOf(finding)}`,
});

function leadOut(links: number): string {
  return links === 1 ? "1 link leads out of the folder (--follow reads it)" : `${links} links lead out of the folder (--follow reads them)`;
}

function kept(damages: readonly Damage[], more: readonly More[]): Pick<Summary, "damages" | "more"> {
  const joined = joinDamages(damages, more);
  return { damages: joined.kept, more: joined.more };
}

function counted(all: readonly Pick<More, "kind" | "count">[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, count } of [...all].sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0))) {
    counts[kind] = (counts[kind] ?? 0) + count;
  }
  return counts;
}

function defectOf(damage: Damage, { streams }: Context): Defect {
  const { kind, severity, file, bytes, stream, timeNs, observed, expected } = damage;
  return {
    kind,
    severity,
    frames: null,
    // A record may state an end before its begin.
    timeNs: timeNs && timeNs[0] > timeNs[1] ? [timeNs[1], timeNs[0]] : timeNs,
    ...(bytes && { bytes }),
    ...(file !== null && { file }),
    stream: stream === null ? null : (streams[stream]?.info.id ?? null),
    weight: weightOf(damage),
    observed,
    expected,
    signals: ["container"],
  };
}

interface CrcAnswer {
  readonly compared: boolean;
  readonly isRight: boolean;
  readonly defects: readonly Defect[];
}

/**
 * The checksum over all spans. A damage inside its range explains why it differs and is not told twice. The finding
 * stands at the record that states the checksum (opcode, length and u32), for where the change is nobody can say.
 */
function compareCrc({ damages, fold }: Summary, { claims, partial, recording }: Context): CrcAnswer {
  const { crc } = claims;
  if (!crc || partial !== null || fold.bytes !== crc.bytes[1] - crc.bytes[0]) return { compared: false, isRight: false, defects: [] };
  if (fold.crc === crc.value) return { compared: true, isRight: true, defects: [] };
  const [start, end] = crc.bytes;
  const isExplained = damages.some(({ severity, bytes }) => severity === "error" && bytes && bytes[0] >= start && bytes[0] < end);
  const defect: Defect = {
    kind: "crc-mismatch",
    severity: "error",
    frames: null,
    timeNs: null,
    bytes: [end, Math.min(end + 13, recording.bytes)],
    observed: { region: "data section", covers: [start, end], crc: hex(fold.crc) },
    expected: { crc: hex(crc.value) },
    signals: ["crc"],
  };
  return { compared: true, isRight: false, defects: isExplained ? [] : [defect] };
}

/** Messages per stream against the statistics: what is missing was lost, or never there. */
function compareFrames({ claims, streams }: Context): readonly Defect[] {
  const defects: Defect[] = [];
  for (const [i, stream] of streams.entries()) {
    const claimed = claims.frames?.get(i);
    if (claimed === undefined || claimed === stream.frames) continue;
    defects.push({
      ...statistics(claims),
      timeNs: null,
      stream: stream.info.id,
      observed: { frames: stream.frames, ...(Number.isFinite(claimed) && { missing: claimed - stream.frames }) },
      expected: { frames: Number.isFinite(claimed) ? claimed : ">= 2^53" },
    });
  }
  return defects;
}

/** First and last logged time, unless lost frames explain a difference. */
function compareTimes({ lostBytes }: Summary, context: Context): readonly Defect[] {
  const { claims, streams } = context;
  if (!claims.timeNs || lostBytes > 0 || compareFrames(context).length > 0) return [];
  let startNs: bigint | null = null;
  let endNs: bigint | null = null;
  for (const stream of streams) {
    if (stream.info.attached) continue;
    if (stream.startNs !== null && (startNs === null || stream.startNs < startNs)) startNs = stream.startNs;
    if (stream.endNs !== null && (endNs === null || stream.endNs > endNs)) endNs = stream.endNs;
  }
  if (startNs === null || endNs === null || (startNs === claims.timeNs[0] && endNs === claims.timeNs[1])) return [];
  // A known habit of writers: 0 means "not set yet", so the second time becomes the first.
  const isHabit = startNs === 0n && endNs === claims.timeNs[1];
  return [
    {
      ...statistics(claims),
      ...(isHabit && { severity: "info" }),
      timeNs: [startNs, endNs],
      observed: { startNs, endNs },
      expected: { startNs: claims.timeNs[0], endNs: claims.timeNs[1] },
    },
  ];
}

function statistics({ at, file }: Context["claims"]): Pick<Defect, "kind" | "severity" | "frames" | "signals" | "bytes" | "file"> {
  const place = { ...(at && { bytes: at }), ...(file !== undefined && { file }) };
  return { kind: "statistics-mismatch", severity: "error", frames: null, ...place, signals: ["statistics"] };
}

function hex(crc: number): string {
  return `0x${(crc >>> 0).toString(16).padStart(8, "0")}`;
}

function placeOf({ bytes, file }: Finding): string {
  const range = bytes ? `bytes ${bytes[0]}-${bytes[1]}` : "";
  if (file === undefined) return range && `${range}: `;
  return range ? `${file}, ${range}: ` : `${file}: `;
}

function wordsOf({ kind, stream, observed, expected }: Finding): string {
  const meaning: string = (kinds as Readonly<Record<string, { readonly meaning: string }>>)[kind]?.meaning.replace(/ \(.*\)$/, "") ?? kind;
  if (kind === "statistics-mismatch" && observed["frames"] !== undefined) {
    return `${stream ?? "recording"} has ${observed["frames"]} frames, the statistics say ${expected["frames"]}`;
  }
  if (kind === "crc-mismatch")
    return `the checksum of this ${observed["region"]} is ${observed["crc"]}, stored is ${expected["crc"]}${lost(observed)}`;
  return `${meaning}${details(observed, expected)}`;
}

function lost({ framesLost, framesRead }: Finding["observed"]): string {
  if (framesRead === undefined) return "";
  return ` (${framesRead} frames read${framesLost ? `, ${framesLost} lost` : ""})`;
}

/** "record Chunk, length 5 (expected 7)": what was seen, beside it what should have been. */
function details(observed: Finding["observed"], expected: Finding["expected"]): string {
  const parts = Object.entries(observed).map(
    ([name, value]) => `${name} ${text(value)}${name in expected ? ` (expected ${text(expected[name])})` : ""}`,
  );
  return parts.length > 0 ? `: ${parts.join(", ")}` : "";
}

function text(value: Plain | undefined): string {
  return Array.isArray(value) ? value.map((one) => text(one)).join(" ") : typeof value === "object" && value !== null ? "…" : String(value);
}

function judge(summary: Summary, context: Context): Conclusion {
  const { damages, more } = kept([...summary.damages, ...context.changes], summary.more);
  const crc = compareCrc(summary, context);
  const found = damages.map((damage) => defectOf(damage, context));
  const claims = context.partial ? [] : [...compareFrames(context), ...compareTimes(summary, context)];
  const defects = [...found, ...crc.defects, ...claims];
  const isWrong = defects.some(({ severity }) => severity !== "info") || more.some(({ severity }) => severity !== "info");
  const counts = counted([...damages.map(({ kind }) => ({ kind, count: 1 })), ...more]);
  const linksOut = counts["link-out"] ?? 0;
  const { total, withChecksum } = summary.regions;
  const coverage = { items: total + linksOut, checked: summary.regions.verified + (crc.compared ? 1 : 0) };
  const observed: Record<string, Plain> = {
    damages: counts,
    lostBytes: summary.lostBytes,
    regions: { total, withChecksum, verified: coverage.checked },
    ...(crc.compared && { dataCrc: crc.isRight ? "match" : "mismatch" }),
  };
  const answer = { coverage, observed, defects, more };
  if (isWrong) return { ...answer, status: "fail" };
  if (linksOut > 0) return { ...answer, status: "not_run", reason: leadOut(linksOut) };
  if (withChecksum === 0) return { ...answer, status: "not_run", reason: "no checksum" };
  if (withChecksum < total) return { ...answer, status: "pass", reason: `${total - withChecksum} of ${total} regions carry no checksum` };
  return { ...answer, status: "pass" };
}
