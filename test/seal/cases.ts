/** Runs cases of damage.ts over real recordings, in memory and on one thread. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { runCheck } from "../../src/engine.ts";
import { inlineExecutor } from "../../src/executor.ts";
import { openRecording } from "../../src/index.ts";
import type { Input } from "../../src/input.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { makeSeal } from "../../src/seal/make.ts";
import type { Seal } from "../../src/seal/seal.ts";
import type { Report } from "../../src/types.ts";
import { memoryInput } from "../memory-input.ts";
import { type Written, writeMcap } from "../sources/mcap-write.ts";
import { Dice, damaged, difference, located } from "./damage.ts";

export async function sealOf(input: Input): Promise<Seal> {
  return (await makeSeal(input, nodePlatform, inlineExecutor)).seal;
}

export async function verified(input: Input, seal: Seal): Promise<Report> {
  return runCheck(input, nodePlatform, inlineExecutor, { seal, checks: ["integrity/seal"] });
}

export function mcapFiles(shared: string, group = "recorded"): readonly string[] {
  const folder = join(shared, "1-mcap", group);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mcap"))
    .sort()
    .map((name) => join(folder, name));
}

export interface MessageRecording {
  readonly path: string;
  readonly messages: readonly Written[];
  readonly seal: Seal;
}

export async function messageRecording(path: string): Promise<MessageRecording> {
  const recording = await openRecording(path);
  const messages: Written[] = [];
  for await (const { stream, sequence, logNs, payload } of recording.frames()) {
    messages.push({ topic: stream, sequence, logTime: logNs, data: payload });
  }
  recording.close();
  const name = "x.mcap";
  return { path, messages, seal: await sealOf(memoryInput(name, { [name]: readFileSync(path) }, { kind: "file" })) };
}

const LAYOUTS = [{}, { useChunks: false }, { chunkSize: 2000 }, { compression: "zstd", chunkSize: 5000 }] as const;

/** @returns what is wrong with the findings; empty when all is found, all is located, and nothing else is said */
export async function messageCase({ messages, seal }: MessageRecording, seed: number): Promise<readonly string[]> {
  const { names, messages: present, truth } = damaged(messages, seed);
  const bytes = await writeMcap(present, LAYOUTS[seed % LAYOUTS.length]);
  const { findings } = await verified(memoryInput("x.mcap", { "x.mcap": bytes }, { kind: "file" }), seal);
  return difference(truth, located(findings)).map((one) => `case ${seed} (${names.join(", ")}): ${one}`);
}

export interface FolderRecording {
  readonly path: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly seal: Seal;
  /** Frames that are files of their own: by stream, in order. */
  readonly frames: Readonly<Record<string, readonly string[]>>;
}

/** @param isFrame whether a file is one frame, and of which stream */
export async function folderRecording(path: string, isFrame: (file: string) => string | null): Promise<FolderRecording> {
  const files: Record<string, Uint8Array> = {};
  for (const entry of readdirSync(path, { recursive: true, encoding: "utf8" }).sort()) {
    if (statSync(join(path, entry)).isFile()) files[entry] = Uint8Array.from(readFileSync(join(path, entry)));
  }
  const frames: Record<string, string[]> = {};
  for (const file of Object.keys(files).sort()) {
    const stream = isFrame(file);
    if (stream !== null) {
      frames[stream] ??= [];
      frames[stream].push(file);
    }
  }
  if (Object.keys(frames).length === 0) throw new Error(`expected frames in ${path}, got none`);
  return { path, files, frames, seal: await sealOf(memoryInput("folder", files)) };
}

const FILE_DAMAGES = ["payload bit", "swapped", "dropped", "exchanged", "tail cut", "duplicated"] as const;

/** Stamps belong to places in a folder: contents that changed places are frames with other stamps. */
export async function folderCase(recording: FolderRecording, seed: number): Promise<readonly string[]> {
  const dice = new Dice(seed);
  const files: Record<string, Uint8Array> = { ...recording.files };
  const streams = Object.entries(recording.frames);
  const truth = new Set<string>();
  const [stream, own] = streams[dice.below(streams.length)] ?? ["", []];
  const name = FILE_DAMAGES[dice.below(FILE_DAMAGES.length)] ?? "dropped";
  const at = dice.below(own.length);
  const file = own[at] ?? "";
  const content = (path: string): Uint8Array => recording.files[path] ?? new Uint8Array(0);
  if (name === "payload bit" && content(file).length > 0) {
    const data = content(file).slice();
    const bit = dice.below(data.length * 8);
    data[bit >> 3] = (data[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    files[file] = data;
    truth.add(`changed ${stream} ${at}`);
  } else if (name === "swapped" || name === "exchanged") {
    const [otherStream, others] = name === "swapped" ? [stream, own] : (streams[dice.below(streams.length)] ?? ["", []]);
    const to = dice.below(others.length);
    const other = others[to] ?? "";
    if (Buffer.compare(content(file), content(other)) === 0) return [];
    [files[file], files[other]] = [content(other), content(file)];
    truth.add(`moved|changed ${stream} ${at}`);
    truth.add(`moved|changed ${otherStream} ${to}`);
  } else if (name === "duplicated") {
    const to = dice.below(own.length);
    if (Buffer.compare(content(file), content(own[to] ?? "")) === 0) return [];
    files[own[to] ?? ""] = content(file);
    truth.add(`changed ${stream} ${to}`);
  } else {
    // The stream must remain: a folder without it is another recording.
    const first = name === "dropped" ? at : Math.max(1, at);
    const end = name === "dropped" ? at + 1 : own.length;
    if (own.length < 2) return [];
    for (let i = first; i < end; i++) {
      delete files[own[i] ?? ""];
      truth.add(`vanished ${stream} ${i}`);
    }
  }
  const { findings } = await verified(memoryInput("folder", files), recording.seal);
  return difference(truth, located(findings)).map((one) => `case ${seed} (${name} ${stream}): ${one}`);
}
