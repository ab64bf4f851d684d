/** A vitest reporter: names what was skipped, and gives the tally as one plain line, to stdout or to the file PLUMBLINE_TALLY names. */
import { writeFileSync } from "node:fs";
import type { Reporter, TestModule, Vitest } from "vitest/node";

export default class Tally implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      // A file that does not load, or a hook that throws, leaves no failed test and must not look like none failed.
      if (module.errors().length > 0) count.failed++;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state]++;
        if (state === "skipped") skipped.push(`${module.relativeModuleId} > ${test.fullName}`);
      }
    }
    const chosen = this.#vitest?.config.testNamePattern !== undefined;
    if (skipped.length > 0 && !chosen) process.stdout.write(`\nskipped:\n${skipped.map((name) => `  ${name}\n`).join("")}`);
    const line = `${count.passed} passed, ${count.failed + count.pending + errors.length} failed, ${count.skipped} skipped\n`;
    const file = process.env["PLUMBLINE_TALLY"];
    if (file) writeFileSync(file, line);
    else process.stdout.write(`\n${line}`);
  }
}
