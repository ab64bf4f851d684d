/** Recordings whose every phase takes seconds, and a signal in the middle of one. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NODE, plumbline, writeSample } from "./run.ts";

/** A run that takes far longer than any signal waits; `args` begin with the command. */
export interface Phase {
  readonly name: string;
  readonly args: readonly string[];
  /** Files that must stay as they are. */
  readonly inputs: readonly string[];
  /** Files that are whole when they are there. */
  readonly outputs: readonly string[];
}

/** Writes what the phases read, some 300 MB, into `folder`. */
export async function makePhases(folder: string): Promise<readonly Phase[]> {
  const at = (name: string): string => join(folder, name);
  await writeSample(at("drive.mcap"), { frames: 12_000, chunked: false });

  // No record anywhere, but at every byte what one begins with: opening it searches for seconds.
  const walked = Buffer.alloc(1 << 28, 0x6f);
  walked.write("#ROSBAG V2.0\n");
  writeFileSync(at("walked.bag"), walked);

  writeFileSync(
    at("boxes.csv"),
    `frame,track,class,x1,y1,x2,y2\n${boxes(600_000, (frame, track, x, y) => `${frame},${track},car,${x},${y},${x + 40},${y + 80}\n`)}`,
  );
  writeFileSync(
    at("crowd.txt"),
    boxes(300_000, (frame, track, x, y) => `${frame + 1},${track + 1},${x},${y},40,80,1,1,1\n`),
  );
  writeFileSync(at("table.txt"), "1311868163.8 0.1 0.2 0.3 0 0 0 1\n1311868163.9 0.1 0.2 0.3 0 0 0 1\n");
  truncateSync(at("table.txt"), 10 * 2 ** 30);
  const cut = readFileSync(at("drive.mcap"));
  writeFileSync(at("cut.mcap"), cut.subarray(0, cut.length >> 1));
  truncateSync(at("cut.mcap"), 20 * 2 ** 30);

  const drives = Array<string>(200).fill(at("drive.mcap"));
  const phase = (name: string, args: readonly string[], input: string, outputs: readonly string[] = []): Phase => ({
    name,
    args,
    inputs: [at(input)],
    outputs: outputs.map(at),
  });
  return [
    phase("opening a bag that must be searched", ["check", at("walked.bag")], "walked.bag"),
    phase("opening a large label file", ["check", at("boxes.csv")], "boxes.csv"),
    phase("reading a table, inline", ["check", at("table.txt"), "--workers", "0"], "table.txt"),
    phase("reading a table, in workers", ["check", at("table.txt"), "--workers", "2"], "table.txt"),
    phase("reading many recordings, inline", ["check", ...drives, "--workers", "0"], "drive.mcap"),
    phase("reading many recordings, in workers", ["check", ...drives, "--workers", "2", "--format", "json"], "drive.mcap"),
    phase("analysing labels", ["check", at("crowd.txt"), "--workers", "0"], "crowd.txt"),
    phase("summing for S3", ["seal", at("cut.mcap"), "--s3", "--out", at("s3.seal")], "cut.mcap", ["s3.seal"]),
    phase("simulating", ["simulate", "--seconds", "600", "--out", at("new.mcap")], "drive.mcap", ["new.mcap", "new.truth.json"]),
    phase("learning a rig", ["rig", "learn", ...drives, "--out", at("rig.yaml")], "drive.mcap", ["rig.yaml"]),
  ];
}

function boxes(rows: number, row: (frame: number, track: number, x: number, y: number) => string): string {
  const tracks = 300;
  return Array.from({ length: rows }, (_, i) => {
    const [frame, track] = [Math.floor(i / tracks), i % tracks];
    return row(frame, track, (track * 37 + frame * ((track % 7) - 3)) % 1800, (track * 91 + frame * ((track % 5) - 2)) % 1000);
  }).join("");
}

/** How long a short run takes here and now: moments are drawn on its scale, so that they fall into the phase on a busy machine too. */
export async function shortRunMs(folder: string): Promise<number> {
  const small = await writeSample(join(folder, "short.mcap"));
  const startedAt = performance.now();
  await plumbline(["info", small]);
  return performance.now() - startedAt;
}

export interface Struck {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the signal to the end; null when it ended before. */
  readonly tookMs: number | null;
}

/** Longest anybody would wait. A run that is still there then is killed and fails the test. */
const MOST_MS = 20_000;

/** Runs, and sends the signal after a while. */
export function struck(args: readonly string[], signal: NodeJS.Signals, afterMs: number): Promise<Struck> {
  return new Promise((done, fail) => {
    const [node, ...rest] = NODE;
    const child = spawn(node, [...rest, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let sentAt: number | null = null;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const timers = [
      setTimeout(() => {
        sentAt = performance.now();
        child.kill(signal);
      }, afterMs),
      setTimeout(() => child.kill("SIGKILL"), afterMs + MOST_MS),
    ];
    child.on("error", fail).on("close", (code, by) => {
      for (const timer of timers) clearTimeout(timer);
      done({ code, signal: by, stdout, stderr, tookMs: sentAt === null ? null : performance.now() - sentAt });
    });
  });
}

/** What a shell says of it. */
export function exitOf({ code, signal }: Struck): string {
  return signal ?? String(code);
}

/** Ended by the signal in one of the two ways: with the report so far, or at once. */
export function endings(signal: NodeJS.Signals): readonly string[] {
  return ["130", signal];
}

/** Tells a file from what it was, without reading gigabytes. */
export function stateOf(path: string): string {
  const { size, mtimeMs } = statSync(path);
  const head = new Uint8Array(Math.min(size, 1 << 20));
  const file = openSync(path, "r");
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  return `${size} ${mtimeMs} ${createHash("sha256").update(head).digest("hex")}`;
}
