/** Runs cases of damage.ts over real recordings, in memory and on one thread. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { InputError } from "../../src/errors.ts";
import { openRecording } from "../../src/index.ts";
import type { Input } from "../../src/input.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import { makeSeal } from "../../src/seal/make.ts";
import type { Seal } from "../../src/seal/seal.ts";
import type { Report } from "../../src/types.ts";
import { memoryInput } from "../memory-input.ts";
import { type Written, writeMcap } from "../sources/mcap-write.ts";
import { Dice, damaged, difference, located } from "./damage.ts";
import type { FolderKind } from "./folders.ts";
import { damagedTable, type FrameTable } from "./tables.ts";

/** Seals, and sees that the seal is small: at most 20 bytes for a frame and 1 KiB for a stream. */
export async function sealOf(input: Input): Promise<Seal> {
  const { seal, bytes } = await makeSeal(input, nodePlatform, inlineExecutor);
  const frames = seal.streams.reduce((sum, stream) => sum + stream.frames, 0);
  expect(bytes.length).toBeLessThanOrEqual(20 * frames + 1024 * Math.max(1, seal.streams.length));
  return seal;
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

/**
 * A bit flipped in the bytes of the file: in a payload that lies there as it is, or else anywhere in the file.
 *
 * In a payload exactly its frame changed, in a place that holds the bit. Elsewhere findings and payloads have to agree: what can no
 * longer be read vanished, what reads as before is kept.
 */
export async function flippedInPlace({ path, messages, seal }: MessageRecording, seed: number): Promise<readonly string[]> {
  const dice = new Dice(seed);
  const bytes = Buffer.from(readFileSync(path));
  const counts = new Map<string, number>();
  const plain = messages.flatMap(({ topic, data }) => {
    const frame = counts.get(topic) ?? 0;
    counts.set(topic, frame + 1);
    const at = data.length > 15 ? bytes.indexOf(data) : -1;
    return at >= 0 && bytes.indexOf(data, at + 1) < 0 ? [{ topic, frame, at, size: data.length }] : [];
  });
  const chosen = plain[dice.below(Math.max(1, plain.length))];
  const bit = chosen ? chosen.at * 8 + dice.below(chosen.size * 8) : dice.below(bytes.length * 8);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  const input = memoryInput("x.mcap", { "x.mcap": bytes }, { kind: "file" });
  const name = `bit ${bit} of ${path}`;
  try {
    const { findings } = await verified(input, seal);
    if (chosen) {
      const places = findings.map(({ bytes }) => bytes).filter((place) => place !== undefined);
      const outside = places.filter(([from, to]) => bit >> 3 < from || bit >> 3 >= to);
      const truth = new Set([`changed ${chosen.topic} ${chosen.frame}`]);
      return [...difference(truth, located(findings)), ...outside.map((place) => `outside ${place}`)].map((one) => `${name}: ${one}`);
    }
    const vanished = located(findings.filter(({ kind }) => kind === "vanished")).size;
    const present = await sealOf(input);
    const equal = present.streams.every(({ root }) => seal.streams.some((was) => Buffer.compare(was.root, root) === 0));
    const isSame = equal && present.streams.length === seal.streams.length;
    const frames = (all: Seal): number => all.streams.reduce((sum, stream) => sum + stream.frames, 0);
    if (isSame !== (located(findings).size === 0)) return [`${name}: ${findings.length} findings, equal: ${isSame}`];
    return frames(seal) - frames(present) > vanished ? [`${name}: ${vanished} vanished of ${frames(seal)} to ${frames(present)}`] : [];
  } catch (error) {
    // Nothing of it can be read any more: that is said, too.
    return error instanceof InputError ? [] : [`${name}: ${error}`];
  }
}

export interface FolderRecording {
  readonly path: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly seal: Seal;
  /** Frames that are files of their own: by stream, in order. */
  readonly frames: Readonly<Record<string, readonly string[]>>;
  readonly tables: readonly FrameTable[];
}

export async function folderRecording(path: string, { isFrame, tableOf }: FolderKind): Promise<FolderRecording> {
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
  const tables = Object.entries(files).flatMap(([file, bytes]) => tableOf(file, bytes) ?? []);
  return { path, files, frames, tables, seal: await sealOf(memoryInput("folder", files)) };
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

/** Damage to frames that are rows of a table. */
export async function tableCase({ files, tables, seal }: FolderRecording, seed: number): Promise<readonly string[]> {
  const table = tables[seed % tables.length];
  if (!table) return [];
  const { name, bytes, truth } = damagedTable(table, seed);
  const { findings } = await verified(memoryInput("folder", { ...files, [table.file]: bytes }), seal);
  return difference(truth, located(findings)).map((one) => `case ${seed} (${name}): ${one}`);
}

/** The same frames in tables written anew. */
export async function rewrittenTables({ files, tables, seal }: FolderRecording): Promise<readonly string[]> {
  const rewritten = Object.fromEntries(tables.map((table) => [table.file, table.write(table.frames)]));
  const { findings } = await verified(memoryInput("folder", { ...files, ...rewritten }), seal);
  return [...located(findings)];
}
