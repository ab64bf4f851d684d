/** vitest as `npm run mutate` runs it: the files it is given, in their order, in one process after another, to the first failure. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import type { Reporter, TestModule, TestSpecification } from "vitest/node";
import { setUpBundle } from "../setup/bundle.mjs";
import type { Run, RunOf } from "./trial.ts";

await setUpBundle();
const plan = JSON.parse(readFileSync(process.env["PLUMBLINE_MUTATE"] ?? "", "utf8")) as Run;

const reporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]) {
    const tests = modules.map((module): RunOf["tests"][number] => {
      const failed = [...module.children.allTests("failed")][0]?.fullName;
      const broken = module.errors().length > 0 || [...module.children.allSuites()].some((suite) => suite.errors().length > 0);
      const { duration, collectDuration } = module.diagnostic();
      return { test: module.relativeModuleId, ms: duration + collectDuration, failed: failed ?? (broken ? "does not load" : null) };
    });
    writeFileSync(plan.result, JSON.stringify({ tests, errors: errors.length } satisfies RunOf));
  },
};

class InOrder {
  sort(files: TestSpecification[]): TestSpecification[] {
    const place = new Map(plan.tests.map((test, i) => [test, i]));
    const of = ({ moduleId }: TestSpecification): number => place.get(moduleId.slice(root.length)) ?? 0;
    return files.sort((a, b) => of(a) - of(b));
  }

  shard(files: TestSpecification[]): TestSpecification[] {
    return files;
  }
}

const root = fileURLToPath(new URL("../../", import.meta.url));

export default defineConfig({
  root,
  cacheDir: "build/.vite",
  test: {
    name: "node",
    pool: "forks",
    maxWorkers: 1,
    // An endless list ends early.
    execArgv: ["--max-old-space-size=1500"],
    include: [...plan.tests],
    bail: plan.isBaseline ? 0 : 1,
    reporters: [reporter],
    setupFiles: plan.isBaseline ? ["scripts/mutate/reached.ts"] : [],
    sequence: { sequencer: InOrder as never },
    testTimeout: 30_000,
    env: { PLUMBLINE_REACHED: plan.reached },
  },
});
