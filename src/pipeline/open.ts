/** Which source reads an input: the first whose `detect` recognises its content, or the one asked for by name. */
import { ConfigError, InputError } from "../errors.ts";
import type { Input, Platform } from "../input.ts";
import type { Kernels } from "../kernels.ts";
import { leftOutDamages, withLeftOut } from "../left-out.ts";
import type { Rig } from "../rig/rig.ts";
import { sources } from "../sources/index.ts";
import { joinDamages } from "../summary/damages.ts";
import type { ContainerFacts, Damage, RecordingIndex } from "../types.ts";
import { joinedSource, joinIndex, type OpenedLabels } from "./joined.ts";
import type { OpenOptions, Source } from "./source.ts";

/** Default grain of the work. Smaller spans cost more in folding, larger ones fall out of the caches: 8 MiB was fastest of 4, 8 and 16. */
export const SPAN_BYTES = 8 << 20;

/** @throws ConfigError for an unknown format name */
export async function loadSource(format: string): Promise<Source> {
  const entry = sources.find((s) => s.format === format);
  if (!entry) throw new ConfigError(`expected a format (${sources.map((s) => s.format).join(", ")}), got "${format}"`);
  return entry.load();
}

/** @throws InputError when no source recognises the input */
export async function detectSource(input: Input, rig?: Rig | null): Promise<Source> {
  if (input.files.length === 0) throw new InputError(`${input.name}: no files in this folder`);
  if (input.files.every((file) => file.size === 0)) throw new InputError(`${input.name}: empty ${input.kind}`);
  for (const entry of sources) {
    const source = await entry.load();
    if (source.detect(input, rig)) return source;
  }
  const known = sources.map((s) => s.format).join(", ");
  throw new InputError(`${input.name}: no recording recognised in this ${input.kind} (known formats: ${known})`);
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
    const source = options.source === undefined ? await detectSource(input, options.rig) : await loadSource(options.source);
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
  const source = await loadSource(index.format);
  if (!index.attached) return source;
  return joinedSource(source, await Promise.all(index.attached.map(({ format }) => loadSource(format))));
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
