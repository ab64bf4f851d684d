/** A vitest reporter: the tests' tally as one plain line, to stdout or to the file PLUMBLINE_TALLY names. */
import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

export default class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      // A file that does not load, or a hook that throws, leaves no failed test and must not look like none failed.
      if (module.errors().length > 0) count.failed++;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) count[test.result().state]++;
    }
    const line = `${count.passed} passed, ${count.failed + count.pending + errors.length} failed, ${count.skipped} skipped\n`;
    const file = process.env["PLUMBLINE_TALLY"];
    if (file) writeFileSync(file, line);
    else process.stdout.write(`\n${line}`);
  }
}
