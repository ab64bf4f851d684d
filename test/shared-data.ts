/** Real recordings beside the project. Tests that need them are skipped by name where they are absent. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";

const folder = fileURLToPath(new URL("../../shared/data", import.meta.url));

/** Absolute path of `../shared/data`, or null when absent. */
export const SHARED: string | null = existsSync(folder) ? folder : null;

/** A suite over shared data; `fn` gets its path. */
export function describeShared(name: string, fn: (shared: string) => void): void {
  if (SHARED !== null) {
    describe(name, () => fn(SHARED));
    return;
  }
  describe.skip(name, () => {
    try {
      fn(folder);
    } catch {
      test("reads ../shared/data while its tests are listed", () => {});
    }
  });
}

/** A test over shared data; `fn` gets its path. */
export function testShared(name: string, fn: (shared: string) => void | Promise<void>, timeoutMs?: number): void {
  test.skipIf(SHARED === null)(name, () => fn(SHARED ?? folder), timeoutMs);
}
