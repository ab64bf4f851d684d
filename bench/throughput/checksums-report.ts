/** What a run found out: as text for the terminal, as JSON for bench/results, and as the tables of docs/checksums.md. */
import { type Access, DIGITS, type DigestName } from "./checksums-contenders.ts";
import type { Outcome } from "./checksums-targets.ts";
import type { Spread } from "./interleave.ts";

/** One contender over all inputs. */
export interface Row {
  readonly digest: DigestName;
  readonly name: string;
  readonly access: Access;
  readonly bytesPerSecond: Readonly<Record<string, Spread>>;
}

/** One Node. */
export interface Run {
  readonly runtime: string;
  /** Peers that could not take part, and why. */
  readonly missing: readonly string[];
  /** Per digest, who gave the same digests. */
  readonly agreed: Readonly<Record<string, readonly string[]>>;
  /**
   * CPU time over time: 1 when the process always had a core. Well below 1, iterations longer than a time slice, those of slow peers over
   * 8 MiB first, were interrupted, and their ratios are too good to be true.
   */
  readonly coreShare: number;
  readonly rows: readonly Row[];
  readonly targets: readonly Outcome[];
}

export interface Result {
  readonly what: string;
  readonly command: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryBytes: number };
  readonly commit: string;
  readonly peers: Readonly<Record<string, string>>;
  readonly runs: readonly Run[];
}

/** Below this the ratios are not to be trusted. */
export const QUIET = 0.95;

export function runText({ coreShare, rows, targets }: Run): string {
  const inputs = Object.keys(rows[0]?.bytesPerSecond ?? {});
  const line = (name: string, access: string, cells: readonly string[]): string =>
    `  ${name.padEnd(30)}${access.padEnd(10)}${cells.map((cell) => cell.padStart(11)).join("")}`;
  const speeds = Object.keys(DIGITS).flatMap((digest) => [
    "",
    line(digest, "", inputs),
    ...rows
      .filter((row) => row.digest === digest)
      .map((row) =>
        line(
          row.name,
          row.access,
          inputs.map((input) => speed(row.bytesPerSecond[input])),
        ),
      ),
  ]);
  const verdicts = targets.map(({ digest, access, peer, times, wanted, met, ratios }) => {
    const verdict = met === null ? "no peer" : met ? "met" : wanted ? "not yet" : "NOT MET";
    const figures = Object.entries(ratios).map(([input, { median }]) => `${input} ${median.toFixed(2)}`);
    const target = `${wanted ? "wanted " : ""}>= ${times} x`;
    return `  ${verdict.padEnd(8)} ${`${digest} ${access}`.padEnd(20)} ${target.padEnd(15)} ${peer.padEnd(29)} ${figures.join(", ")}`;
  });
  const head = "GB/s, median and spread (half the distance of the quartiles)";
  const busy = `the machine was busy: this process had ${percent(coreShare)} of a core, so slow peers over 8 MiB look slower than they are`;
  const notes = coreShare < QUIET ? ["", busy] : [];
  return ["", head, ...speeds, "", "targets: ours over the peer's, within each round", ...verdicts, ...notes].join("\n");
}

function speed(spread: Spread | undefined): string {
  if (!spread) return "-";
  const gigabytes = spread.median / 1e9;
  const percent = ((spread.high - spread.low) / 2 / spread.median) * 100;
  return `${gigabytes.toFixed(gigabytes < 10 ? 2 : 1)} ±${percent.toFixed(0)}%`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** Four digits, and a line per spread. */
export function resultText(result: Result): string {
  const round = (_key: string, value: unknown): unknown =>
    typeof value === "number" && !Number.isSafeInteger(value) ? Number(value.toPrecision(4)) : value;
  return `${JSON.stringify(result, round, 1).replace(/\{\s+("median": \S+)\s+("low": \S+)\s+("high": \S+)\s+\}/g, "{ $1 $2 $3 }")}\n`;
}

const MARKERS = /(<!-- ratios[^>]*-->\n)[\s\S]*(<!-- \/ratios -->)/;

/** The documentation with its tables of this result. */
export function withRatios(markdown: string, result: Result): string {
  return markdown.replace(MARKERS, (_all, begin: string, end: string) => `${begin}\n${tables(result)}\n${end}`);
}

function tables({ machine, commit, runs }: Result): string {
  const nodes = runs.map((run) => run.runtime.replace(/^node v/, "Node "));
  const targets = (runs[0]?.targets ?? []).map(({ digest, access, peer, inputs: at, times, wanted }, i) => {
    const cells = runs.map((run) => verdict(run.targets[i]));
    return row([`${digest}, ${access}`, peer, at.join(", "), `${wanted ? "wanted: " : ""}${times}`, ...cells]);
  });
  const shown = runs.find((run) => run.runtime.startsWith("node v24")) ?? runs[0];
  const inputs = Object.keys(shown?.rows[0]?.bytesPerSecond ?? {});
  return [
    `Measured on ${machine.cpu}, ${machine.cores} cores, at commit ${commit}; the process had ${percent(Math.min(...runs.map((run) => run.coreShare)))} of a core or more.`,
    "",
    row(["digest", "peer", "at", "target", ...nodes]),
    row(["---", "---", "---", "---", ...nodes.map(() => "---")]),
    ...targets,
    "",
    `All peers, ${shown?.runtime.replace(/^node v/, "Node ")}: our speed over theirs, zero-copy / copy-in. Below 1 the peer wins.`,
    "",
    row(["digest", "peer", ...inputs]),
    row(["---", "---", ...inputs.map(() => "---")]),
    ...peerRows(shown?.rows ?? [], inputs),
    "",
  ].join("\n");
}

function verdict(outcome: Outcome | undefined): string {
  if (!outcome || outcome.met === null) return "no peer";
  const ratios = Object.values(outcome.ratios).map(({ median }) => median);
  const [low, high] = [Math.min(...ratios).toFixed(2), Math.max(...ratios).toFixed(2)];
  return `${low === high ? low : `${low} to ${high}`}${outcome.met ? "" : ", **not met**"}`;
}

function peerRows(rows: readonly Row[], inputs: readonly string[]): readonly string[] {
  const sorted = Object.keys(DIGITS).flatMap((digest) => rows.filter((one) => one.digest === digest));
  return sorted.flatMap((peer) => {
    if (/^plumbline (kernel|digest)/.test(peer.name)) return [];
    // XXH64 does the job XXH3-64 does here; nothing passes a limit, so the fastest digest stands beside it.
    const digest = peer.digest === "xxh64" || peer.digest === "limit" ? "xxh3-64" : peer.digest;
    const own = (access: Access): Row | undefined =>
      rows.find((one) => one.digest === digest && one.access === access && one.name.startsWith("plumbline"));
    const cells = inputs.map((input) => {
      const ratio = (access: Access): string => {
        const times = (own(access)?.bytesPerSecond[input]?.median ?? Number.NaN) / (peer.bytesPerSecond[input]?.median ?? Number.NaN);
        return times.toFixed(times < 10 ? 2 : 1);
      };
      return `${ratio("zero-copy")} / ${ratio("copy-in")}`;
    });
    return [row([digest, peer.name, ...cells])];
  });
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
