/**
 * Runs that write, ended by `kill -9` or by a full disk at random moments. Whatever happens, inputs are whole, an output is that of
 * before or the new one, what belongs together is of one run, and the next run leaves nothing but outputs.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { isTemporary } from "../../src/node/leftovers.ts";
import { Dice } from "../seal/damage.ts";
import { contentsOf } from "./recordings.ts";
import { type Ended, NODE, plumbline, run, writeSample } from "./run.ts";

/** Contents of the outputs; null: absent. */
type State = readonly (string | null)[];

/** A command that writes, and what it writes undisturbed. */
interface Writer {
  readonly name: string;
  readonly args: readonly string[];
  /** In the folder `out`. The first is what the others are about. */
  readonly outputs: readonly string[];
  /** Of an earlier run with another input or seed. */
  readonly old: State;
  readonly fresh: State;
  readonly code: number | null;
  readonly ms: number;
}

export interface Bench {
  readonly inputs: string;
  readonly before: Readonly<Record<string, string>>;
  readonly out: string;
  /** Names of all commands that write; a seed chooses one after the other. */
  readonly names: readonly string[];
  /** What it writes is found out when it is asked for. */
  readonly writer: (name: string) => Promise<Writer>;
}

/** What a trial did: the run was cut short or came to its end; what it left under temporary names. */
export interface Outcome {
  readonly isCut: boolean;
  readonly left: number;
}

/** @param folder an empty one */
export async function bench(folder: string): Promise<Bench> {
  const inputs = join(folder, "inputs");
  const out = join(folder, "out");
  mkdirSync(inputs);
  mkdirSync(out);
  const drives = [await writeSample(join(inputs, "a.mcap")), await writeSample(join(inputs, "b.mcap"), { dropped: [20, 21] })];
  for (const drive of drives) expect((await plumbline(["seal", drive])).code).toBe(0);
  const at = (name: string): string => join(out, name);
  const [a = "", b = ""] = drives;
  const small = ["simulate", "--seconds", "1", "--lidar", "16x180", "--camera", "none", "--out", at("drive.mcap")];
  const commands: Readonly<Record<string, readonly [outputs: readonly string[], old: readonly string[], fresh: readonly string[]]>> = {
    "check --out": [["report"], ["check", b, "--out", at("report")], ["check", a, "--format", "json", "--out", at("report")]],
    "check --cost": [["cost"], ["check", b, "--cost", at("cost")], ["check", a, "--cost", at("cost")]],
    "verify --out": [["text"], ["verify", a, "--out", at("text")], ["verify", b, "--seal", `${a}.seal`, "--out", at("text")]],
    "proof --out": [["proof"], [...proof(a, 1), "--out", at("proof")], [...proof(a, 2), "--out", at("proof")]],
    "rig learn --out": [["rig"], ["rig", "learn", a, "--out", at("rig")], ["rig", "learn", a, b, "--out", at("rig")]],
    "seal --out": [["seal"], ["seal", b, "--out", at("seal")], ["seal", a, "--force", "--out", at("seal")]],
    "seal --embed": [["x.seal", "x.mcap"], embed(b), embed(a)],
    simulate: [["drive.mcap", "drive.truth.json"], small, [...small, "--seed", "5"]],
  };
  function embed(drive: string): readonly string[] {
    return ["seal", drive, "--force", "--out", at("x.seal"), "--embed", at("x.mcap")];
  }

  async function prepare(name: string): Promise<Writer> {
    const [outputs, first, second] = commands[name] ?? [[], [], []];
    clear(out);
    await plumbline(first);
    const old = stateOf(out, outputs);
    const started = performance.now();
    const { code } = await plumbline(second);
    const ms = performance.now() - started;
    const fresh = stateOf(out, outputs);
    expect([name, old.includes(null), fresh.includes(null), fresh.join() === old.join()]).toEqual([name, false, false, false]);
    return { name, outputs, old, fresh, args: second, code, ms };
  }
  const known = new Map<string, Promise<Writer>>();
  const writer = (name: string): Promise<Writer> => {
    const found = known.get(name) ?? prepare(name);
    known.set(name, found);
    return found;
  };
  return { inputs, out, names: Object.keys(commands), writer, before: contentsOf(inputs) };
}

function proof(recording: string, frame: number): readonly string[] {
  return ["proof", recording, "--stream", "/imu", "--frame", `${frame}`];
}

/** Kills one run: as soon as something is being written, or at any time from its start to its end. */
export async function killTrial(bench: Bench, seed: number): Promise<Outcome> {
  const dice = new Dice(seed);
  const writer = await writerOf(bench, seed);
  const before = drawn(writer, dice);
  put(bench, writer, before);
  const isWatched = dice.below(2) === 0;
  const isCut = await killed(bench.out, writer.args, isWatched ? dice.below(4) : dice.below(Math.ceil(1.1 * writer.ms)), isWatched);
  const left = readdirSync(bench.out).filter(isTemporary).length;
  judge(bench, writer, before, `kill ${seed}`);
  if (left > 0) {
    const { code } = await plumbline([...writer.args, "--force"]);
    expect([writer.name, seed, code, stateOf(bench.out, writer.outputs)]).toEqual([writer.name, seed, writer.code, writer.fresh]);
    expect(readdirSync(bench.out).sort()).toEqual(writer.outputs.toSorted());
  }
  return { isCut, left };
}

/** One run on a disk that has little room left. */
export async function diskTrial(bench: Bench, seed: number): Promise<Outcome> {
  const dice = new Dice(seed);
  const writer = await writerOf(bench, seed);
  const before = drawn(writer, dice);
  const taken = before.reduce((sum, text) => sum + (text === null ? 0 : pages(text.length)), 0);
  const needed = writer.fresh.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  const size = taken + PAGE * (1 + Math.floor(dice.below(needed) / PAGE));
  clear(bench.out);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", bench.out]);
  if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr}`);
  try {
    put(bench, writer, before);
    // Otherwise what is smaller than a page would always have room.
    writeFileSync(join(bench.out, "ballast"), new Uint8Array(PAGE));
    return settled(bench, writer, before, await plumbline(writer.args), `disk ${seed}`);
  } finally {
    spawnSync("umount", [bench.out]);
  }
}

/** One run that may write files of little size only. */
export async function limitTrial(bench: Bench, seed: number): Promise<Outcome> {
  const dice = new Dice(seed);
  const writer = await writerOf(bench, seed);
  const before = drawn(writer, dice);
  put(bench, writer, before);
  const largest = Math.max(...writer.fresh.map((text) => text?.length ?? 0));
  const limit = `ulimit -f ${Math.floor(dice.below(largest) / 512)}; exec "$@"`;
  return settled(bench, writer, before, await run("/bin/sh", ["-c", limit, "sh", ...NODE, ...writer.args], {}), `limit ${seed}`);
}

function writerOf({ names, writer }: Bench, seed: number): Promise<Writer> {
  return writer(names[seed % names.length] ?? "");
}

/** Whether a disk can be made here. */
export function canMount(folder: string): boolean {
  const at = join(folder, "mounted");
  mkdirSync(at);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4096", "tmpfs", at]);
  if (status === 0) spawnSync("umount", [at]);
  return status === 0;
}

/** Outputs of an earlier run, or none. */
function drawn({ outputs, old }: Writer, dice: Dice): State {
  return dice.below(2) === 0 ? outputs.map(() => null) : old;
}

function put({ out }: Bench, { outputs }: Writer, state: State): void {
  clear(out);
  for (const [i, name] of outputs.entries()) if (state[i]) writeFileSync(join(out, name), state[i], "latin1");
}

function settled(bench: Bench, writer: Writer, before: State, { code, stderr }: Ended, trial: string): Outcome {
  const isCut = /^plumbline: cannot write [^\n]*: (?:no space left|larger than a file may be here)$/m.test(stderr);
  expect([writer.name, trial, code, stderr]).toEqual([writer.name, trial, isCut ? 4 : writer.code, stderr]);
  judge(bench, writer, before, trial);
  // Of a run that could say what went wrong nothing is left at all.
  expect([writer.name, trial, readdirSync(bench.out).filter(isTemporary)]).toEqual([writer.name, trial, []]);
  if (isCut) expect([writer.name, trial, stateOf(bench.out, writer.outputs)]).toEqual([writer.name, trial, before]);
  return { isCut, left: 0 };
}

function judge({ inputs, before: whole, out }: Bench, { name, outputs, fresh }: Writer, before: State, trial: string): void {
  expect([name, trial, contentsOf(inputs)]).toEqual([name, trial, whole]);
  const state = stateOf(out, outputs);
  const versions = state.map((text, i) => (text === before[i] ? "old" : text === fresh[i] ? "new" : text === null ? "absent" : "half"));
  // A file of the second kind may be missing for a moment; it is never beside a first one of another run.
  const allowed =
    outputs.length === 1 ? ["old", "new"] : ["old,old", "old,absent", "new,absent", "new,new", ...(before[1] === null ? ["new,old"] : [])];
  expect([name, trial, allowed.includes(versions.join()) || versions.join()]).toEqual([name, trial, true]);
}

/** Sends the signal `delay` ms after the start, or after a temporary file is there. @returns whether it came in time */
function killed(out: string, args: readonly string[], delay: number, isWatched: boolean): Promise<boolean> {
  return new Promise((done, fail) => {
    const [node, ...rest] = NODE;
    const child = spawn(node, [...rest, ...args], { stdio: "ignore" });
    const kill = (): void => void setTimeout(() => child.kill("SIGKILL"), delay);
    const watcher = isWatched ? watch(out, (_, name) => name !== null && isTemporary(name) && kill()) : null;
    if (!isWatched) kill();
    child.on("error", fail).on("close", (_, signal) => {
      watcher?.close();
      done(signal === "SIGKILL");
    });
  });
}

/** Of tmpfs. */
const PAGE = 4096;

function pages(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

function stateOf(out: string, outputs: readonly string[]): State {
  return outputs.map((name) => {
    if (!existsSync(join(out, name))) return null;
    const text = readFileSync(join(out, name), "latin1");
    // What it cost is never the same; its shape is.
    return name === "cost" ? text.replace(/\d[\d.]*/g, "0") : text;
  });
}

function clear(out: string): void {
  for (const name of readdirSync(out)) rmSync(join(out, name));
}
