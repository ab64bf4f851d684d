/** Reading blobs with a slice ahead: any read gives what the file holds, and few slices are asked for. */
import { describe, expect, test } from "vitest";
import { describeFiles } from "../../src/browser/files.ts";
import { BlobInput } from "../../src/browser/input.ts";
import { InputError } from "../../src/errors.ts";

const SLICE = 16;
const size = 2 * SLICE + 11;
const bytes = new Uint8Array(size).map((_, i) => i * 7 + 1);

/** An input whose blobs are read at once, from the bytes they were made of; `slices` counts the reads. */
function fake(...contents: readonly Uint8Array[]): { input: BlobInput; slices: [number, number][] } {
  const slices: [number, number][] = [];
  const blobs = contents.map((content) => {
    const blob = new Blob([]);
    Object.defineProperty(blob, "size", { value: content.length });
    blob.slice = (start = 0, end = content.length) => {
      const part = new Blob([]);
      Object.assign(part, { range: [content, start, Math.min(end, content.length)] });
      return part;
    };
    return blob;
  });
  const read = (blob: Blob): ArrayBuffer => {
    const [content, start, end] = (blob as unknown as { range: [Uint8Array, number, number] }).range;
    slices.push([start, end]);
    return content.slice(start, end).buffer as ArrayBuffer;
  };
  return {
    input: new BlobInput({ name: "x", kind: "file", files: blobs.map((blob, i) => ({ path: `${i}`, blob })) }, read, SLICE),
    slices,
  };
}

function readAt(input: BlobInput, file: number, position: number, length: number): Uint8Array {
  const target = new Uint8Array(length).fill(0xee);
  return target.subarray(0, input.read(file, position, target));
}

describe("reads", () => {
  test("of any length at any place give what the file holds", () => {
    const { input } = fake(bytes);
    for (let position = size + 1; position >= 0; position--) {
      for (let length = 0; length <= size + 1; length++) {
        expect([position, length, ...readAt(input, 0, position, length)]).toEqual([
          position,
          length,
          ...bytes.subarray(position, position + length),
        ]);
      }
    }
  });

  test("beyond the end give nothing, across the end what is left", () => {
    const { input } = fake(bytes);
    expect(readAt(input, 0, size, 10).length).toBe(0);
    expect(readAt(input, 0, 1e12, 10).length).toBe(0);
    expect([...readAt(input, 0, size - 5, 10)]).toEqual([...bytes.subarray(size - 5)]);
  });

  test("in sequence cost one slice each time what was read ahead ends", () => {
    const { input, slices } = fake(bytes);
    for (let at = 0; at < size; at += 4) readAt(input, 0, at, 4);
    expect(slices).toEqual([
      [0, SLICE],
      [SLICE, 2 * SLICE],
      [2 * SLICE, size],
    ]);
  });

  test("of a slice's size go straight to the caller and leave what was read ahead", () => {
    const { input, slices } = fake(bytes);
    readAt(input, 0, 0, 10);
    readAt(input, 0, SLICE, SLICE);
    readAt(input, 0, 3, 10);
    expect(slices).toEqual([
      [0, SLICE],
      [SLICE, 2 * SLICE],
    ]);
  });

  test("of one file never give another's bytes", () => {
    const { input } = fake(bytes.subarray(0, 10), bytes.subarray(10, 20));
    expect([...readAt(input, 0, 0, 5)]).toEqual([...bytes.subarray(0, 5)]);
    expect([...readAt(input, 1, 0, 5)]).toEqual([...bytes.subarray(10, 15)]);
  });

  test("of a file that cannot be read any more are an InputError", () => {
    const input = new BlobInput(describeFiles(new File(["abc"], "gone.mcap")), () => {
      throw new DOMException("The requested file could not be read", "NotReadableError");
    });
    expect(() => readAt(input, 0, 0, 3)).toThrow(InputError);
  });
});

describe("what a page can give", () => {
  const picked = (path: string): File =>
    Object.defineProperty(new File([path], path.split("/").pop() ?? ""), "webkitRelativePath", { value: path });

  test("a picked folder keeps paths below it, in code unit order", () => {
    const { name, kind, files } = describeFiles([picked("drive/b.txt"), picked("drive/B.txt"), picked("drive/a/z.bin")]);
    expect([name, kind, files.map((file) => file.path)]).toEqual(["drive", "folder", ["B.txt", "a/z.bin", "b.txt"]]);
  });

  test("a file is a recording of its own name", () => {
    const { name, kind, files } = describeFiles(new File(["abc"], "x.mcap"));
    expect([name, kind, files.map((file) => file.path)]).toEqual(["x.mcap", "file", ["x.mcap"]]);
  });

  test("files of two folders, loose files and other things are a TypeError", () => {
    for (const wrong of [
      [picked("a/x"), picked("b/x")],
      [new File([""], "x")],
      "x.mcap",
      null,
      { name: "x" },
      { name: "x", files: [{ path: "x" }] },
    ]) {
      expect(() => describeFiles(wrong as never)).toThrow(TypeError);
    }
  });
});
