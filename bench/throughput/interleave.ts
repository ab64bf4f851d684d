/**
 * Contenders taking turns. Tinybench finishes one task before it begins the next, so each round is a Bench of its own, short and in another
 * order: what slows the machine for a second slows all of them, and ratios are taken within a round.
 */
import { generator, shuffled } from "./checksums-input.ts";

/** What tinybench gives of its API is used here; it lies in bench/node_modules, which type checking does without. */
interface Bench {
  add(name: string, run: () => void): void;
  runSync(): readonly { readonly name: string; readonly result: { readonly latency?: { readonly p50: number } } }[];
}

export interface Task {
  readonly name: string;
  /** One iteration, long enough to be timed: 10 µs at least. */
  readonly run: () => void;
}

export interface Rounds {
  readonly rounds: number;
  /** Rounds that go before and do not count. */
  readonly warmUp: number;
  readonly millisecondsPerTask: number;
  readonly seed: number;
}

/** @returns for each task the median seconds of an iteration, round by round */
export async function interleave(tasks: readonly Task[], options: Rounds): Promise<ReadonlyMap<string, readonly number[]>> {
  const name = "tinybench";
  const { Bench } = (await import(name)) as { Bench: new (options: object) => Bench };
  const random = generator(options.seed);
  const seconds = new Map(tasks.map((task) => [task.name, [] as number[]]));
  for (let round = -options.warmUp; round < options.rounds; round++) {
    const bench = new Bench({ time: options.millisecondsPerTask, iterations: 1, warmup: false, throws: true });
    for (const task of shuffled(tasks, random)) bench.add(task.name, task.run);
    for (const task of bench.runSync()) {
      if (round >= 0) seconds.get(task.name)?.push((task.result.latency?.p50 ?? Number.NaN) / 1000);
    }
  }
  return seconds;
}

export interface Spread {
  readonly median: number;
  /** Quartiles. */
  readonly low: number;
  readonly high: number;
}

export function spreadOf(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (q: number): number => {
    const place = q * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? Number.NaN;
    return below + ((sorted[Math.ceil(place)] ?? Number.NaN) - below) * (place % 1);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
