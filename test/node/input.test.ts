import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { readAll, readRange } from "../../src/input.ts";
import { describeInput, openDescriptor } from "../../src/node/input.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-input-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a path as an input", () => {
  test("a file is one file under its base name", () => {
    const path = join(folder, "a.bin");
    writeFileSync(path, "hello");
    const input = openDescriptor(describeInput(path));
    expect(input).toMatchObject({ name: "a.bin", kind: "file", files: [{ path: "a.bin", size: 5 }] });
    expect(new TextDecoder().decode(readAll(input, 0))).toBe("hello");
    input.close();
    expect(readAll(input, 0).length).toBe(5);
    input.close();
  });

  test("a folder lists its files in code unit order, with links followed but not in circles", () => {
    const root = join(folder, "rec");
    mkdirSync(join(root, "b"), { recursive: true });
    for (const name of ["b/2.bin", "b/10.bin", "a.txt", "B.txt"]) writeFileSync(join(root, name), name);
    symlinkSync(root, join(root, "b", "again"));
    symlinkSync(join(root, "nowhere"), join(root, "dangling"));
    const input = openDescriptor(describeInput(root));
    expect(input.files.map((f) => f.path)).toEqual(["B.txt", "a.txt", "b/10.bin", "b/2.bin"]);
    expect(new TextDecoder().decode(readAll(input, 3))).toBe("b/2.bin");
    input.close();
  });

  test("more files than handles are all readable, again and again", () => {
    const root = join(folder, "many");
    mkdirSync(root);
    for (let i = 0; i < 100; i++) writeFileSync(join(root, `${i}`.padStart(3, "0")), `${i}`);
    const input = openDescriptor(describeInput(root));
    for (const round of [0, 1])
      for (let i = 0; i < 100; i++) expect(`${round}:${new TextDecoder().decode(readAll(input, i))}`).toBe(`${round}:${i}`);
    input.close();
  });

  test("reading at and beyond the end, and of a file that shrank, gives what is there", () => {
    const path = join(folder, "shrinks.bin");
    writeFileSync(path, new Uint8Array(100));
    const input = openDescriptor(describeInput(path));
    expect(input.read(0, 90, new Uint8Array(20))).toBe(10);
    expect(input.read(0, 100, new Uint8Array(20))).toBe(0);
    truncateSync(path, 40);
    expect(input.read(0, 0, new Uint8Array(100))).toBe(40);
    expect(readAll(input, 0).length).toBe(40);
    input.close();
  });

  test("what was appended since it was listed is not read, from wherever", () => {
    const path = join(folder, "grows.bin");
    writeFileSync(path, "12345");
    const input = openDescriptor(describeInput(path));
    appendFileSync(path, "6789");
    const target = new Uint8Array(9);
    expect([0, 3, 5, 7].map((position) => input.read(0, position, target))).toEqual([5, 2, 0, 0]);
    expect(new TextDecoder().decode(readRange(input, 0, 3, 100))).toBe("45");
    input.close();
  });

  test("what cannot be read is one clear line", () => {
    expect(() => describeInput(join(folder, "missing"))).toThrow(new InputError(`${join(folder, "missing")}: no such file or folder`));
    expect(() => describeInput("/dev/null")).toThrow(InputError);
    const path = join(folder, "gone.bin");
    writeFileSync(path, "x");
    const descriptor = describeInput(path);
    rmSync(path);
    expect(() => readAll(openDescriptor(descriptor), 0)).toThrow(/gone.bin: no such file or folder/);
  });

  test("an index that is no file is misuse", () => {
    const input = openDescriptor(describeInput(folder));
    expect(() => input.read(9999, 0, new Uint8Array(1))).toThrow(RangeError);
  });
});
