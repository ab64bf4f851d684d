/** A label file in memory, read whole; and what every importer must stand: any bytes. */
import fc from "fast-check";
import { expect } from "vitest";
import { InputError } from "../../src/errors.ts";
import type { Input } from "../../src/input.ts";
import type { Source } from "../../src/pipeline/source.ts";
import { memoryInput } from "../memory-input.ts";
import { readAll, type Whole } from "./read-all.ts";

export function labelFile(name: string, content: unknown): Input {
  const text = typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content);
  return memoryInput(name, { [name]: text }, { kind: "file" });
}

export async function readLabels(source: Source, name: string, content: unknown): Promise<Whole> {
  return readAll(source, labelFile(name, content));
}

/** Words that label files are made of, where single bytes would hardly ever reach the code behind the parser. */
const WORDS = [
  "null",
  "NaN",
  "-1",
  "1e999",
  '""',
  "{}",
  "[]",
  "[[[[",
  "}",
  "]",
  '"',
  "4294967296",
  "-0",
  "true",
  ",",
  "<",
  "&x;",
  "\u0000",
  "\xff",
];

/**
 * Mutates the file a hundred ways: whatever comes out, the importer either says in one line that there is nothing to read, or reads
 * rows that are well formed.
 */
export async function standsAnyBytes(source: Source, files: Readonly<Record<string, string>>, kind: Input["kind"] = "file"): Promise<void> {
  const paths = Object.keys(files);
  const edit = fc.record({
    path: fc.constantFrom(...paths),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(40),
    insert: fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 4 })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      const changed: Record<string, Uint8Array | string> = { ...files };
      for (const { path, at, remove, insert } of edits) {
        const text = String(changed[path]);
        const place = Math.floor(at * text.length);
        changed[path] = text.slice(0, place) + insert + text.slice(place + remove);
      }
      const input = memoryInput(kind === "file" ? (paths[0] ?? "") : "folder", changed, { kind });
      source.detect(input);
      try {
        const { streams, index } = await readAll(source, input);
        for (const stream of Object.values(streams)) {
          for (const row of stream.labels) expect(row.frame).toBeLessThan(stream.stampNs.length);
          expect(stream.bytes.every((n) => n >= 0 && n <= index.bytes)).toBe(true);
        }
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        expect(error.message).not.toContain("\n");
      }
    }),
    { numRuns: 150, seed: 5 },
  );
}
