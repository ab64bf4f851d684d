/** Real recordings beside the project. Tests that need them are skipped by name where they are absent. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";

const folder = fileURLToPath(new URL("../../shared/data", import.meta.url));

/** Absolute path of `../shared/data`, or null when absent. */
export const SHARED: string | null = existsSync(folder) ? folder : null;

/** Absolute path of a case of `../shared/cases` (`S04-hostile-topic-names/topics.mcap`), or null when absent. */
export function casePath(path: string): string | null {
  const full = fileURLToPath(new URL(`../../shared/cases/${path}`, import.meta.url));
  return existsSync(full) ? full : null;
}

/** A test over a case of `../shared/cases`; `fn` gets its path. */
export function testCase(name: string, path: string, fn: (path: string) => void | Promise<void>, timeoutMs?: number): void {
  const full = casePath(path);
  test.skipIf(full === null)(name, () => fn(full ?? path), timeoutMs);
}

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
