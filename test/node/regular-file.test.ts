/** Whatever lies where a small file is expected: one line, no waiting, no more than its size says. */
import { appendFileSync, closeSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, InputError } from "../../src/errors.ts";
import { isReplaced, markAt, markOf, openRegular, packMarks, readFully, readSmallFile } from "../../src/node/regular-file.ts";
import { makeDevice, makePipes, makeSocket, makeSparse } from "../special-files.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-regular-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  makePipes(at("pipe"));
  await makeSocket(at("socket"));
  makeDevice(at("device"));
  makeSparse(at("sparse"), 50 * 2 ** 30);
  writeFileSync(at("file"), "content");
  symlinkSync("file", at("link"));
  symlinkSync("nowhere", at("broken"));
  symlinkSync("circle", at("circle"));
});

describe("a small file", () => {
  test.each([
    ["pipe", "expected a rig, got a pipe"],
    ["socket", "expected a rig, got a socket"],
    ["device", "expected a rig, got a device"],
    ["", "expected a rig, got a folder"],
    ["sparse", `expected a rig of at most 1000 bytes, got ${50 * 2 ** 30}`],
    ["missing", "no such file or folder"],
    ["file/below", "no such file or folder"],
    ["broken", "no such file or folder"],
    ["circle", "too many symbolic links"],
    ["n".repeat(300), "the name is too long"],
  ])("%s: %s", (name, message) => {
    expect(() => readSmallFile(at(name), "a rig", 1000)).toThrow(new ConfigError(`${at(name)}: ${message}`));
  });

  test("is read, also through a link, and up to the limit", () => {
    expect(new TextDecoder().decode(readSmallFile(at("link"), "a rig", 7))).toBe("content");
    expect(() => readSmallFile(at("file"), "a rig", 6)).toThrow("of at most 6 bytes, got 7");
  });

  test("of no stated size, as in /proc, is empty", () => {
    expect(readSmallFile("/proc/self/environ", "a rig", 1000).length).toBe(0);
  });
});

test("a file that grows is read as long as it was when it was opened", () => {
  const path = at("grows");
  writeFileSync(path, "12345");
  const { descriptor, stats } = openRegular(path);
  appendFileSync(path, "6789");
  const bytes = new Uint8Array(stats.size);
  expect([readFully(descriptor, bytes, 0), new TextDecoder().decode(bytes)]).toEqual([5, "12345"]);
  closeSync(descriptor);
});

test("what is no file is an InputError for who reads recordings", () => {
  expect(() => openRegular(at("pipe"))).toThrow(new InputError(`${at("pipe")}: expected a file, got a pipe`));
});

test("another file in its place is known by inode and time of change; a new number alone is the file system's own doing", () => {
  const look = (path: string) => markOf(statSync(path));
  writeFileSync(at("one"), "12345");
  const was = look(at("one"));
  expect(isReplaced(was, look(at("one")))).toBe(false);
  writeFileSync(at("two"), "12345");
  renameSync(at("two"), at("one"));
  const is = look(at("one"));
  expect(isReplaced(was, { ...is, changedMs: was.changedMs + 1 })).toBe(true);
  expect(isReplaced(was, { ...is, changedMs: was.changedMs })).toBe(false);
});

test("marks survive being packed", () => {
  const marks = [1, 2, 3].map((n) => ({ size: n * 2 ** 40, modifiedMs: n + 0.25, changedMs: n + 0.5, inode: n * 7 }));
  const packed = packMarks(marks);
  expect(marks.map((_, i) => markAt(packed, i))).toEqual(marks);
});
