/**
 * One input: which sample, which changes, and how it is tried. A plan is plain data that names nothing but numbers, so the same seed gives
 * the same inputs on every machine; dropping a step leaves the others what they were.
 */
import { dialectOf } from "./dialects/index.ts";
import { randomStream } from "./house.ts";
import { kinds } from "./kinds/index.ts";
import type { Files, Kind, Sample } from "./kinds/sample.ts";
import { mutate } from "./mutate/mutate.ts";
import { pick } from "./mutate/values.ts";

export interface Step {
  /** Of the change's own random numbers. */
  readonly seed: number;
}

export interface Trial {
  /** Another grain of the work, for the law of splits; 0 for none. */
  readonly spanBytes: number;
  /** All frames are read; it is sealed, and compared with its seal. */
  readonly isRead: boolean;
  /** Written to disk, checked by two workers and by the command. */
  readonly isOnDisk: boolean;
}

export interface Plan {
  readonly kind: string;
  readonly sample: string;
  /** Place of the sample in its kind's list. */
  readonly at: number;
  /** `covered`: one bit that a checksum covers, in an untouched sample. */
  readonly sort: "steps" | "covered";
  readonly steps: readonly Step[];
  readonly trial: Trial;
}

export interface Case {
  readonly plan: Plan;
  readonly sample: Sample;
  readonly files: Files;
  /** What was done, a line for each step. */
  readonly words: readonly string[];
}

const SPAN_BYTES = [1, 100, 1000, 5000, 40_000];
/** One input in so many goes through the disk: starting threads and a process takes as long as forty inputs. */
const ON_DISK = 60;

export function kindOf(name: string): Kind {
  const kind = kinds.find((one) => one.name === name);
  if (!kind) throw new RangeError(`expected a kind (${kinds.map((one) => one.name).join(", ")}), got ${name}`);
  return kind;
}

/** Input `number` of a kind under `seed`. */
export function planOf(kind: Kind, samples: readonly Sample[], seed: number, number: number): Plan {
  const random = randomStream(seed, `${kind.name} ${number}`);
  const at = random.below(samples.length);
  const sort = random.chance(0.06) && samples[at]?.isSummed ? "covered" : "steps";
  const count = sort === "covered" ? 1 : 1 + Math.min(random.below(4), random.below(6));
  const steps = Array.from({ length: count }, () => ({ seed: random.u32() }));
  const trial = {
    spanBytes: random.chance(0.4) ? pick(SPAN_BYTES, random) : 0,
    isRead: random.chance(0.2),
    isOnDisk: random.below(ON_DISK) === 0,
  };
  return { kind: kind.name, sample: samples[at]?.name ?? "", at, sort, steps, trial };
}

export function caseOf(plan: Plan, samples: readonly Sample[]): Case {
  const sample = samples[plan.at];
  if (!sample || sample.name !== plan.sample)
    throw new RangeError(`expected ${plan.sample} as sample ${plan.at} of ${plan.kind}, got ${sample?.name}`);
  const files: Record<string, Uint8Array> = { ...sample.files };
  const words: string[] = [];
  for (const { seed } of plan.steps) {
    const random = randomStream(seed, "step");
    const targets = (sample.targets ?? Object.keys(sample.files)).filter((path) => files[path] !== undefined);
    if (targets.length === 0) break;
    const path = pick(targets, random);
    const where = sample.kind === "folder" ? `${path}: ` : "";
    const bytes = files[path] ?? new Uint8Array(0);
    if (plan.sort === "covered") words.push(flipCovered(files, path, random) ?? "nothing is covered");
    else if (sample.kind === "folder" && !sample.targets && random.chance(0.06)) words.push(changeFolder(files, path, random));
    else {
      const mutant = mutate(dialectOf(path), bytes, random);
      files[path] = mutant.bytes;
      words.push(`${where}${mutant.words}`);
    }
  }
  return { plan, sample, files, words };
}

/** @returns what was done, or null where no checksum covers anything */
function flipCovered(files: Record<string, Uint8Array>, path: string, random: ReturnType<typeof randomStream>): string | null {
  const bytes = files[path];
  const ranges = bytes && (dialectOf(path).covered?.(bytes) ?? []).filter(({ start, end }) => end > start);
  if (!bytes || !ranges || ranges.length === 0) return null;
  const { start, end } = pick(ranges, random);
  const at = start + random.below(end - start);
  const bit = random.below(8);
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  files[path] = copy;
  return `${path}: bit ${bit} of byte ${at}, which a checksum covers`;
}

/** A file that is gone, empty, twice there, or another's. */
function changeFolder(files: Record<string, Uint8Array>, path: string, random: ReturnType<typeof randomStream>): string {
  const bytes = files[path] ?? new Uint8Array(0);
  const others = Object.keys(files);
  const other = pick(others, random);
  switch (random.below(4)) {
    case 0:
      delete files[path];
      return `${path} removed`;
    case 1:
      files[path] = new Uint8Array(0);
      return `${path} emptied`;
    case 2: {
      const name = path.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10));
      files[name] = bytes;
      return `${path} also as ${name}`;
    }
    default:
      files[path] = files[other] ?? bytes;
      return `${path} becomes ${other}`;
  }
}
