/** Without a Chromium: the browser tests by name, skipped, so that nobody takes them for passed. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "vitest";

const folder = new URL("./", import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith(".test.ts"))) {
  describe(`test/browser/${file} (no Chromium)`, () => {
    const text = readFileSync(new URL(file, folder), "utf8");
    for (const [, name] of text.matchAll(/^\s*test\("([^"]+)"/gm)) test.skip(name ?? "", () => {});
  });
}
