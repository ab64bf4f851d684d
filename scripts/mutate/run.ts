/**
 * Mutation testing: changes one small thing at a time in a copy of the project and runs the tests that reach it. A change that no test notices
 * is a test that is missing, unless nobody could notice it: those are listed in test/mutants.md with the reason.
 *
 *   npm run mutate -- src/summary/runs.ts assembly/points/sweep-fit.ts [--count 40] [--seed 1] [--further N] [--seconds 60] [--minutes 0] [--nice 15]
 *
 * `--count` changes of each file, drawn by the seed; all of them where it is 0. Each is put to the tests that reach its function, the quickest first,
 * as many as take `--seconds` by themselves (all where it is 0); with `--further`, only to tests that are no more than so many imports further from
 * the file than its nearest: with 0 its own, which is quick. After `--minutes` no other change is tried. One core at low priority. Kernels are built
 * anew for each change, quickly, and put to the tests that name them or import what does (`--further 1`). Exit code: 1 where something survives that
 * is not listed, 2 for a wrong command line.
 */
import { existsSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { randomStream } from "../../src/simulate/random.ts";
import { ROOT } from "../../test/structure/modules.ts";
import { readGraph, testsOf } from "./graph.ts";
import { isListed, readListed } from "./listed.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { type Baseline, needsBuild, Trial } from "./trial.ts";

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    further: { type: "string" },
    seconds: { type: "string", default: "60" },
    nice: { type: "string", default: "15" },
    minutes: { type: "string", default: "0" },
  },
});
const [count = 0, seed = 0, seconds = 0, minutes = 0, nice = 0, further = 0] = [
  ...[values.count, values.seed, values.seconds, values.minutes, values.nice, values.further ?? "Infinity"].map(Number),
];
const strange = files.find((file) => !/^(src|assembly)\/.+\.ts$/.test(file) || !existsSync(join(ROOT, file)));
if (files.length === 0 || strange !== undefined || ![count, seed, seconds, minutes, nice, further].every((value) => value >= 0)) {
  console.error(`usage: npm run mutate -- FILE… [--count 40] [--seed 1] [--further N] [--seconds 60] [--minutes 0] [--nice 15]
expected files of src/ or assembly/ and numbers${strange === undefined ? "" : `, got "${strange}"`}`);
  process.exit(2);
}

/** Which functions of kernels a test reaches is not known: those are asked that are at most so many imports further than the nearest. */
const FURTHER = 1;

setPriority(nice);
const graph = readGraph();
const listed = readListed(readFileSync(join(ROOT, "test/mutants.md"), "utf8"));
const testsByFile = new Map(files.map((file) => [file, testsOf(graph, file, needsBuild(file) ? Math.min(further, FURTHER) : further)]));
const candidates = files.flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), "utf8")));
const mutants = files.flatMap((file) => drawn(candidates.filter((mutant) => mutant.file === file)));
const trial = new Trial();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    trial.close();
    process.exit(130);
  });
}

try {
  process.exitCode = await run();
} finally {
  trial.close();
}

async function run(): Promise<number> {
  const started = performance.now();
  const all = [...new Set([...testsByFile.values()].flat())];
  console.log(`${mutants.length} of ${candidates.length} changes; ${all.length} test files as they are, for what they reach`);
  const baseline = await trial.baseline(all, files);
  for (const test of baseline.failed) console.log(`left out, as it fails by itself: ${test}`);
  const counts = { killed: 0, survived: 0, listed: 0, invalid: 0 };
  for (const mutant of mutants) {
    if (minutes > 0 && performance.now() - started > 6e4 * minutes) break;
    const { tests, of } = testsFor(mutant, baseline);
    const outcome = isListed(listed, mutant) ? ({ kind: "listed" } as const) : await trial.outcomeOf(mutant, tests);
    counts[outcome.kind]++;
    console.log(`${outcome.kind.padEnd(8)} ${mutant.file}:${mutant.line}  ${mutant.before}  ->  ${mutant.after}`);
    if (outcome.kind === "killed") console.log(`         by ${outcome.by}`);
    if (outcome.kind === "survived") console.log(`         ${tests.size} of ${of} test files that may reach it`);
  }
  for (const { file, before, after } of listed) {
    const own = candidates.filter((mutant) => basename(mutant.file) === basename(file));
    if (own.length > 0 && !own.some((mutant) => mutant.before === before && mutant.after === after)) {
      console.log(`listed, but there no more: ${file}: ${before}  ->  ${after}`);
    }
  }
  const { killed, survived, listed: known, invalid } = counts;
  const untried = mutants.length - killed - survived - known - invalid;
  console.log(
    `${killed} killed, ${survived} survived, ${known} listed in test/mutants.md, ${invalid} that do not compile, ${untried} not tried; ` +
      `${((performance.now() - started) / 6e4).toFixed(1)} min`,
  );
  return survived > 0 ? 1 : 0;
}

/** Those that reach the function, the quickest first; all where none does, as workers reach unseen. Of kernels the nearest can tell. */
function testsFor(
  { file, within }: Mutant,
  { ms, reached }: Baseline,
): { readonly tests: ReadonlyMap<string, number>; readonly of: number } {
  const all = (testsByFile.get(file) ?? []).flatMap((test) => (ms.has(test) ? [{ test, ms: ms.get(test) ?? 0 }] : []));
  const seen = within === null || needsBuild(file) ? undefined : reached.get(`${file}#${within}`);
  const reaching = seen ? all.filter(({ test }) => seen.has(test)) : all;
  const ordered = needsBuild(file) ? reaching : reaching.toSorted((a, b) => a.ms - b.ms);
  let spent = 0;
  const chosen = ordered.filter((one, i) => {
    spent += one.ms;
    return i === 0 || seconds === 0 || spent <= 1000 * seconds;
  });
  return { tests: new Map(chosen.map((one) => [one.test, one.ms])), of: reaching.length };
}

function drawn(all: readonly Mutant[]): readonly Mutant[] {
  if (count === 0 || all.length <= count) return all;
  const random = randomStream(seed, all[0]?.file ?? "");
  const keyed = all.map((mutant, place) => ({ mutant, place, key: random.uniform() })).sort((a, b) => a.key - b.key);
  return keyed
    .slice(0, count)
    .sort((a, b) => a.place - b.place)
    .map(({ mutant }) => mutant);
}
