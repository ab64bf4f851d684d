/** Quantities and places as a person reads them. No locale: the same text everywhere. */
import type { Finding, More, Report } from "../types.ts";

const UNITS: readonly (readonly [number, string])[] = [
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
];

/** "512 B", "1.50 GiB". */
export function bytesText(bytes: number): string {
  for (const [size, unit] of UNITS) if (bytes >= size) return `${(bytes / size).toFixed(bytes >= 100 * size ? 0 : 2)} ${unit}`;
  return `${bytes} B`;
}

/** Nanoseconds as decimal seconds, exactly: "0.154000001 s". */
export function secondsText(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  const fraction = (size % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "").padEnd(3, "0");
  return `${ns < 0n ? "-" : ""}${size / 1_000_000_000n}.${fraction} s`;
}

/** For a header or a progress line: "0.154 s", "3 min 05 s", "2 h 03 min". */
export function durationText(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 3 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
}

/** Where a finding is, most telling first, unescaped: stream, frames, time, bytes, tracks, annotator. */
export function locationText(finding: Finding, report: Report): string {
  const { stream, frames, timeNs, bytes, file, tracks, annotator, from, to } = finding;
  const parts = [
    stream ?? "whole recording",
    frames && framesText(frames),
    timeNs && timeText(timeNs, report.recording),
    bytes && `${bytes[1] - bytes[0]} bytes at offset ${bytes[0]}${file === undefined ? "" : ` of ${file}`}`,
    !bytes && file !== undefined && `file ${file}`,
    tracks && tracks.length > 0 && `${tracks.length === 1 ? "track" : "tracks"} ${tracks.join(", ")}`,
    annotator !== undefined && `annotator ${annotator}`,
    from && `from ${from.stream} ${framesText(from.frames)}`,
    to && `to ${to.stream} ${framesText(to.frames)}`,
  ];
  return parts.filter((part) => typeof part === "string").join(", ");
}

/** Of findings that are only counted how many, and from where to where they lie, unescaped. */
export function moreText(stream: string | null, { kind, severity, count, frames, timeNs, bytes }: More, report: Report): string {
  const parts = [
    stream !== null && `on ${stream}`,
    frames && framesText(frames),
    timeNs && timeText(timeNs, report.recording),
    bytes && `bytes ${bytes[0]}-${bytes[1]}`,
  ];
  const where = parts.filter((part) => typeof part === "string").join(", ");
  return `${count} more of kind ${kind} (${severity}), counted and not located${where && `: ${where}`}`;
}

function framesText([first, last]: readonly [number, number]): string {
  return first === last ? `frame ${first}` : `frames ${first}-${last}`;
}

/** A stamp further than this outside the recording is of another clock: its distance from the start says nothing. */
const ANOTHER_CLOCK_NS = 3_600_000_000_000n;

/** Seconds from the start of the recording, and the absolute time in ns. */
function timeText([first, last]: readonly [bigint, bigint], { startNs, endNs }: Report["recording"]): string {
  const absolute = first === last ? `${first} ns` : `${first} to ${last} ns`;
  if (startNs === null || endNs === null) return absolute;
  if (first < startNs - ANOTHER_CLOCK_NS || last > endNs + ANOTHER_CLOCK_NS) return `${absolute} (not the recording's clock)`;
  const from = secondsText(first - startNs);
  return first === last ? `at ${from} (${absolute})` : `${from} to ${secondsText(last - startNs)} (${absolute})`;
}

function pad(n: number): string {
  return n.toString().padStart(2, "0");
}
