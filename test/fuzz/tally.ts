/** What a run came to, by kind. */
import type { Failure } from "./failure.ts";
import type { Tried } from "./farm.ts";

interface Row {
  inputs: number;
  clean: number;
  findings: number;
  unreadable: number;
  refused: number;
  crashes: number;
  hangs: number;
  memory: number;
  wrong: number;
  peakBytes: number;
  cpuMs: number;
}

const COLUMNS = ["inputs", "clean", "findings", "unreadable", "refused", "crashes", "hangs", "memory", "wrong"] as const;

export class Tally {
  readonly #rows = new Map<string, Row>();

  add(kind: string, { answer }: Tried, failure: Failure | null): void {
    const row = this.#rows.get(kind) ?? emptyRow();
    this.#rows.set(kind, row);
    row.inputs++;
    row.cpuMs += answer.cpuMs;
    // What was too much only beside other inputs is no peak of its own.
    if (failure || answer.peakBytes <= MOST_BYTES) row.peakBytes = Math.max(row.peakBytes, answer.peakBytes);
    if (!failure) {
      if (answer.ending !== "failed") row[answer.ending]++;
    } else if (failure.what === "hang") row.hangs++;
    else if (failure.what === "memory") row.memory++;
    else if (/^(process ended|uncaughtException|unhandledRejection|\w*Error in )/.test(failure.what)) row.crashes++;
    else row.wrong++;
  }

  get inputs(): number {
    return [...this.#rows.values()].reduce((sum, { inputs }) => sum + inputs, 0);
  }

  table(): string {
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    const all = rows.reduce((sum, [, row]) => added(sum, row), emptyRow());
    const lines = [...rows, ["all", all] as const].map(([kind, row]) => [
      kind,
      ...COLUMNS.map((name) => String(row[name])),
      String(Math.round(row.peakBytes / 1e6)),
      (row.cpuMs / Math.max(1, row.inputs)).toFixed(0),
    ]);
    const head = ["kind", ...COLUMNS, "peak MB", "ms each"];
    const widths = head.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]?.length ?? 0)));
    return [head, ...lines]
      .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "))
      .join("\n");
  }
}

const MOST_BYTES = 400e6;

function emptyRow(): Row {
  return { inputs: 0, clean: 0, findings: 0, unreadable: 0, refused: 0, crashes: 0, hangs: 0, memory: 0, wrong: 0, peakBytes: 0, cpuMs: 0 };
}

function added(a: Row, b: Row): Row {
  const sum = { ...a, peakBytes: Math.max(a.peakBytes, b.peakBytes), cpuMs: a.cpuMs + b.cpuMs };
  for (const name of COLUMNS) sum[name] = a[name] + b[name];
  return sum;
}
