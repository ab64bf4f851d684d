import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { detectSource } from "../../src/pipeline/open.ts";
import { memoryInput } from "../memory-input.ts";
import { sampleMcap } from "../sample-mcap.ts";
import { casePath, testCase } from "../shared-data.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const mcap = await sampleMcap({ frames: 10 });

const LOOK_ALIKES: readonly (readonly [string, Uint8Array, string])[] = [
  ["a pointer", text("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n"), "a Git LFS pointer"],
  ["zstd", new Uint8Array(zstdCompressSync(mcap)), "compressed as a whole with zstd"],
  ["gzip", new Uint8Array(gzipSync(mcap)), "compressed as a whole with gzip"],
  ["zeros", new Uint8Array(3 << 20), "only zero bytes"],
  ["a page", text("<!DOCTYPE html>\n<html><body>404"), "an HTML page"],
  ["an error", text('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>'), "the error message of an object store"],
  ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x31, 0, 0x2c, 0), "text in UTF-16"],
  ["tar", Uint8Array.from({ length: 512 }, (_, i) => (i < 257 ? 0x61 : "ustar".charCodeAt(i - 257) || 0)), "a tar archive"],
];

describe("a file that is no recording is called what it is", () => {
  test.each(LOOK_ALIKES)("%s", async (_, bytes, what) => {
    await expect(detectSource(memoryInput("e.mcap", { "e.mcap": bytes }, { kind: "file" }))).rejects.toThrow(
      new RegExp(`^e\\.mcap: ${what}`),
    );
    const files = { "a.bin": bytes, "b.bin": bytes, "c.bin": text("something else") };
    const error = await detectSource(memoryInput("drive", files)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(
      new RegExp(`^drive: no recording recognised in this folder; a\\.bin \\(as 1 more\\) is ${what}`),
    );
  });

  test("zeros with one other byte, or nothing anybody knows, are called nothing", async () => {
    const almost = new Uint8Array(3 << 20);
    almost[almost.length - 1] = 1;
    for (const bytes of [almost, text("hello")]) {
      const asked = detectSource(memoryInput("e.mcap", { "e.mcap": bytes }, { kind: "file" }));
      await expect(asked).rejects.toThrow("e.mcap: no recording recognised in this file (known formats: mcap, ");
    }
  });
});

for (const [name, path] of [
  ["a Git LFS pointer", "R25-git-lfs-pointer/e.mcap"],
  ["compressed as a whole with zstd", "R26-mcap-zstd-file/drive"],
  ["only zero bytes", "R27-all-zero-bytes/e.mcap"],
] as const) {
  testCase(path, path, async () => {
    const { check } = await import("../../src/index.ts");
    await expect(check(casePath(path) ?? "", { workers: 0 })).rejects.toThrow(name);
  });
}
