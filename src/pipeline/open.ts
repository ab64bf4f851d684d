/** Which source reads an input: the first whose `detect` recognises its content, or the one asked for by name. */
import { ConfigError, InputError } from "../errors.ts";
import type { Input, Platform } from "../input.ts";
import type { Kernels } from "../kernels.ts";
import { nearest, short } from "../rig/expect.ts";
import type { Rig } from "../rig/rig.ts";
import { sources } from "../sources/index.ts";
import { joinDamages } from "../summary/damages.ts";
import type { ContainerFacts, Damage, RecordingIndex } from "../types.ts";
import { folderSource, insideSource, recognisedBy } from "./inside.ts";
import { joinedSource, joinIndex, type OpenedLabels } from "./joined.ts";
import { leftOutDamages, withLeftOut } from "./left-out.ts";
import { whatItIs } from "./look-alike.ts";
import type { OpenOptions, Source } from "./source.ts";

/** Default grain of the work. Smaller spans cost more in folding, larger ones fall out of the caches: 8 MiB was fastest of 4, 8 and 16. */
export const SPAN_BYTES = 8 << 20;

/** @throws ConfigError for an unknown format name */
export async function loadSource(format: string): Promise<Source> {
  const entry = sources.find((s) => s.format === format);
  if (!entry) {
    const formats = sources.map((one) => one.format);
    const near = nearest(format, formats);
    const hint = near === null ? "" : `; did you mean ${near}?`;
    throw new ConfigError(`expected a format (${formats.join(", ")}), got ${JSON.stringify(short(format))}${hint}`);
  }
  return entry.load();
}

/**
 * The source that recognises the input; of a folder that is none itself, the one that recognises the one recording in it.
 *
 * @throws InputError when there is none, or when a folder holds several
 */
export async function detectSource(input: Input, rig?: Rig | null): Promise<Source> {
  if (input.files.length === 0) throw new InputError(`${input.name}: no files in this folder`);
  if (input.files.every((file) => file.size === 0)) throw new InputError(`${input.name}: empty ${input.kind}`);
  const all = sources.map((entry) => entry.load);
  const source = await (input.kind === "folder" ? folderSource : recognisedBy)(input, all, rig);
  if (source) return source;
  const what = whatItIs(input);
  if (what !== "" && input.kind === "file") throw new InputError(`${input.name}: ${what}`);
  const known = what === "" ? ` (known formats: ${sources.map((s) => s.format).join(", ")})` : `; ${what}`;
  throw new InputError(`${input.name}: no recording recognised in this ${input.kind}${known}`);
}

/** The source of this name: for the input itself, or for the one file of a folder that it reads. */
async function namedSource(format: string, input: Input, rig: Rig | null | undefined): Promise<Source> {
  const source = await loadSource(format);
  if (input.kind === "file" || source.detect(input, rig)) return source;
  return (await folderSource(input, [async () => source], rig)) ?? source;
}

export interface Opened {
  readonly source: Source;
  readonly index: RecordingIndex;
}

/**
 * @param format skips detection
 * @throws InputError when nothing can be read; ConfigError for an unknown format
 */
export async function open(
  input: Input,
  kernels: Kernels,
  platform: Platform,
  options: { readonly source?: string | undefined } & OpenOptions,
): Promise<Opened> {
  const { source, index } = await openOwn(input, kernels, platform, options);
  if (!input.labels?.length) return { source, index: withRig(index, options.rig) };
  const labels: OpenedLabels[] = [];
  for (const one of input.labels) labels.push({ input: one, index: await openLabels(one, kernels, platform, options) });
  const joined = withRig(joinIndex(index, input.files.length, labels), options.rig);
  return { source: await sourceOf(joined), index: joined };
}

/** The recording without the labels beside it, and what was left out of both. */
async function openOwn(input: Input, kernels: Kernels, platform: Platform, options: Parameters<typeof open>[3]): Promise<Opened> {
  try {
    const { source: format, rig } = options;
    const source = format === undefined ? await detectSource(input, rig) : await namedSource(format, input, rig);
    const index = source.open(input, kernels, platform, options);
    kernels.release();
    return { source, index: { ...index, facts: withDamages(index.facts, leftOutDamages(input)) } };
  } catch (error) {
    throw error instanceof InputError ? withLeftOut(error, input) : error;
  }
}

function withDamages(facts: ContainerFacts, damages: readonly Damage[]): ContainerFacts {
  if (damages.length === 0) return facts;
  const { kept, more } = joinDamages([...facts.damages, ...damages], facts.moreDamages ?? []);
  return { ...facts, damages: kept, ...(more.length > 0 && { moreDamages: more }) };
}

/** Each stream with what the rig states of it: checks see it while they observe. */
function withRig(index: RecordingIndex, rig: Rig | null | undefined): RecordingIndex {
  const stated = new Map(rig?.streams?.map((stream) => [stream.id, stream]));
  if (stated.size === 0) return index;
  return {
    ...index,
    streams: index.streams.map((info) => {
      const one = stated.get(info.id);
      return one ? { ...info, rig: one } : info;
    }),
  };
}

/** What reads a recording that is open already, in another thread. */
export async function sourceOf(index: RecordingIndex): Promise<Source> {
  const source = await ownSource(index);
  if (!index.attached) return source;
  return joinedSource(source, await Promise.all(index.attached.map((labels) => ownSource(labels.index))));
}

async function ownSource({ format, inside }: RecordingIndex): Promise<Source> {
  const source = await loadSource(format);
  return inside === undefined ? source : insideSource(source, inside);
}

/** Labels that cannot be read are a mistake in the configuration: the recording is another matter. */
async function openLabels(input: Input, kernels: Kernels, platform: Platform, options: OpenOptions): Promise<RecordingIndex> {
  try {
    const isStated = options.rig?.streams?.some(({ kind, path }) => kind === "labels" && path?.split("/").at(-1) === input.name);
    const source = isStated ? await loadSource("labels-table") : await detectSource(input);
    const index = source.open(input, kernels, platform, { ...options, believeIndex: false });
    kernels.release();
    return index;
  } catch (error) {
    if (error instanceof InputError) throw new ConfigError(`labels: ${withLeftOut(error, input).message}`);
    throw error;
  }
}
