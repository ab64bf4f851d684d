/** `npm run fuzz`: mutates, tries, tells. See options.ts. */
import { kindOf, type Plan, planOf } from "./case.ts";
import { confirmed, type Failure, minimised, readFailure, writeFailure } from "./failure.ts";
import { Farm } from "./farm.ts";
import type { Kind, Sample } from "./kinds/sample.ts";
import { type FuzzOptions, optionsOf } from "./options.ts";
import { Tally } from "./tally.ts";

/** Of one fault so many inputs are written; the rest are counted. */
const WRITTEN_EACH = 3;
const TELL_MS = 60_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function fuzz(options: FuzzOptions): Promise<number> {
  const kinds: { readonly kind: Kind; readonly samples: readonly Sample[] }[] = [];
  for (const name of options.only) kinds.push({ kind: kindOf(name), samples: await kindOf(name).samples() });
  const tally = new Tally();
  const faults = new Map<string, number>();
  const end = performance.now() + options.minutes * 60_000;
  let next = 0;
  let told = performance.now();

  const work = async (): Promise<void> => {
    const farm = new Farm();
    while (next < options.count && performance.now() < end) {
      const place = next++;
      const of = kinds[place % kinds.length];
      if (!of) break;
      const number = options.from + Math.floor(place / kinds.length);
      const plan = planOf(of.kind, of.samples, options.seed, number);
      const tried = await farm.try(plan);
      const failure = await confirmed(farm, plan, tried);
      tally.add(plan.kind, tried, failure);
      if (failure) await keep(farm, plan, failure, number);
      if (performance.now() - told < TELL_MS) continue;
      told = performance.now();
      say(`${tally.inputs} inputs, ${faults.size} faults`);
    }
    farm.close();
  };

  const keep = async (farm: Farm, plan: Plan, failure: Failure, number: number): Promise<void> => {
    const key = `${plan.kind}: ${failure.what}`;
    const seen = faults.get(key) ?? 0;
    faults.set(key, seen + 1);
    if (seen >= WRITTEN_EACH) return;
    const folder = await writeFailure(options.out, options.seed, number, await minimised(farm, plan, failure), failure);
    say(`${key}\n  ${folder}`);
  };

  await Promise.all(Array.from({ length: options.jobs }, work));
  process.stdout.write(`${tally.table()}\n`);
  for (const [what, count] of faults) process.stdout.write(`${count} x ${what}\n`);
  return faults.size > 0 ? 1 : 0;
}

async function repeat(path: string): Promise<number> {
  const { plan } = readFailure(path);
  const farm = new Farm();
  const tried = await farm.try(plan, true);
  farm.close();
  const failure = await confirmed(farm, plan, tried);
  farm.close();
  for (const line of tried.answer.words) say(line);
  say(
    failure ? `${failure.what}\n${failure.detail}` : `no failure: ${tried.answer.ending}, ${Math.round(tried.answer.peakBytes / 1e6)} MB`,
  );
  return failure ? 1 : 0;
}

try {
  const options = optionsOf(process.argv.slice(2));
  process.exitCode = options.repeat === null ? await fuzz(options) : await repeat(options.repeat);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
