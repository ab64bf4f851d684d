/**
 * Mutation testing: changes one small thing at a time in a copy of the project and runs the tests that reach it. A change that no test notices
 * is a test that is missing, unless nobody could notice it: those are listed in test/mutants.md with the reason.
 *
 *   npm run mutate -- src/runs.ts assembly/sweep-fit.ts [--count 40] [--seed 1] [--minutes 60]
 *
 * `--count` changes of each file, drawn by the seed; all of them where it is 0. One core at low priority; exit code 1 where something survives
 * that is not listed. Kernels are built anew for each change, quickly, and asked by the tests that name them or import what does.
 */
import { readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { randomStream } from "../../src/simulate/random.ts";
import { ROOT } from "../../test/structure/modules.ts";
import { readGraph, testsOf } from "./graph.ts";
import { isListed, readListed } from "./listed.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { needsBuild, Trial } from "./trial.ts";

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "0" },
  },
});
if (files.length === 0) {
  console.error("usage: npm run mutate -- FILE… [--count 40] [--seed 1] [--minutes 60]");
  process.exit(2);
}

/** Of tests of kernels no function is known to be reached: those so many imports further than the nearest are asked. */
const FURTHER = 1;

setPriority(15);
const graph = readGraph();
const listed = readListed(readFileSync(join(ROOT, "test/mutants.md"), "utf8"));
const testsByFile = new Map(files.map((file) => [file, testsOf(graph, file, needsBuild(file) ? FURTHER : undefined)]));
const mutants = files.flatMap((file) => drawn(mutantsOf(file, readFileSync(join(ROOT, file), "utf8")), file));
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
  console.log(`${mutants.length} changes of ${files.length} files; ${all.length} test files as they are, for what they reach`);
  if (files.some(needsBuild) && !(await trial.build())) throw new Error("expected the kernels to build before anything is changed");
  const baseline = await trial.baseline(
    all,
    files.filter((file) => !needsBuild(file)),
  );
  for (const test of baseline.failed) console.log(`left out, as it fails by itself: ${test}`);
  const count = { killed: 0, survived: 0, listed: 0, invalid: 0 };
  let done = 0;
  for (const mutant of mutants) {
    if (Number(values.minutes) > 0 && performance.now() - started > 6e4 * Number(values.minutes)) break;
    const outcome = await trial.outcomeOf(mutant, testsFor(mutant, baseline));
    done++;
    const kind = outcome.kind === "survived" && isListed(listed, mutant) ? "listed" : outcome.kind;
    count[kind]++;
    console.log(`${kind.padEnd(8)} ${mutant.file}:${mutant.line}  ${mutant.before}  ->  ${mutant.after}`);
    if (outcome.kind === "killed") console.log(`         by ${outcome.by}`);
  }
  const minutes = ((performance.now() - started) / 6e4).toFixed(1);
  const left = done < mutants.length ? `, ${mutants.length - done} not tried` : "";
  const invalid = count.invalid > 0 ? `, ${count.invalid} do not compile` : "";
  console.log(
    `${count.killed} killed, ${count.survived} survived, ${count.listed} listed in test/mutants.md${invalid}${left}; ${minutes} min`,
  );
  return count.survived > 0 ? 1 : 0;
}

/** In which order: those that reach the function, the quickest first; all where none does, as workers reach unseen. */
function testsFor({ file, within }: Mutant, { ms, reached }: Awaited<ReturnType<Trial["baseline"]>>): ReadonlyMap<string, number> {
  const tests = (testsByFile.get(file) ?? []).filter((test) => ms.has(test));
  const seen = within === null || needsBuild(file) ? undefined : reached.get(`${file}#${within}`);
  const chosen = seen ? tests.filter((test) => seen.has(test)) : tests;
  // Of kernels the nearest tests are those that can tell.
  const ordered = needsBuild(file) ? chosen : chosen.toSorted((a, b) => (ms.get(a) ?? 0) - (ms.get(b) ?? 0));
  return new Map(ordered.map((test) => [test, ms.get(test) ?? 0]));
}

function drawn(candidates: readonly Mutant[], file: string): readonly Mutant[] {
  const most = Number(values.count);
  if (most === 0 || candidates.length <= most) return candidates;
  const random = randomStream(Number(values.seed), file);
  const keyed = candidates.map((mutant, place) => ({ mutant, place, key: random.uniform() })).sort((a, b) => a.key - b.key);
  return keyed
    .slice(0, most)
    .sort((a, b) => a.place - b.place)
    .map(({ mutant }) => mutant);
}
