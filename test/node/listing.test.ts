/** What a folder holds: files, links that stay inside it, and by name all that is not read. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { readAll } from "../../src/input.ts";
import { describeInput, openDescriptor } from "../../src/node/input.ts";
import { isInside, listFolder } from "../../src/node/listing.ts";
import { makeDevice, makePipes, makeSocket } from "../special-files.ts";

const base = mkdtempSync(join(tmpdir(), "plumbline-listing-"));
afterAll(() => rmSync(base, { recursive: true }));

/** A folder of its own with these files; a value is the target of a link. */
function tree(name: string, entries: Readonly<Record<string, string | null>>): string {
  const root = join(base, name);
  mkdirSync(root, { recursive: true });
  for (const [path, target] of Object.entries(entries)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (target === null) writeFileSync(join(root, path), path);
    else symlinkSync(target, join(root, path));
  }
  return root;
}

function listed(root: string, follow = false): { readonly files: readonly string[]; readonly passedOver: readonly string[] } {
  const { files, passedOver } = listFolder(root, follow);
  return { files: files.map(({ path }) => path), passedOver: passedOver.map(({ path, kind }) => `${path}: ${kind}`) };
}

describe("links", () => {
  test("inside the folder are followed, and a folder is listed under each of its names", () => {
    const root = tree("inside", { "a/1": null, "b/2": null, c: "a", "b/1": "../a/1", d: "b" });
    expect(listed(root)).toEqual({ files: ["a/1", "b/1", "b/2", "c/1", "d/1", "d/2"], passedOver: [] });
  });

  test("in circles are no trouble: a folder is not listed inside itself", () => {
    const root = tree("circles", {
      "a/1": null,
      "a/up": "..",
      self: ".",
      "b/a": "../a",
      "b/2": null,
      "x/loop": "loop",
      "y/z": "../w",
      w: "y",
    });
    expect(listed(root)).toEqual({ files: ["a/1", "b/2", "b/a/1"], passedOver: ["x/loop: broken-link"] });
  });

  test("that all lead to each other make no more names than folders times links", () => {
    const names = Array.from({ length: 12 }, (_, i) => `d${i}`);
    const entries = names.flatMap((name) => [
      [`${name}/file`, null] as const,
      ...names.filter((other) => other !== name).map((other) => [`${name}/${other}`, `../${other}`] as const),
    ]);
    const { files } = listed(tree("mesh", Object.fromEntries(entries)));
    expect(files.length).toBeLessThanOrEqual(12 + 12 * 11 * 12);
    expect(new Set(files).size).toBe(files.length);
  });

  test("that lead out are passed over by name, and followed when asked to", () => {
    tree("outside", { "data/1": null, file: null });
    const root = tree("out", {
      images: "../outside/data",
      file: "../outside/file",
      "deep/up": "../..",
      "in/and/out": "../../../out/a",
      a: null,
    });
    expect(listed(root)).toEqual({ files: ["a", "in/and/out"], passedOver: ["deep/up: link-out", "file: link-out", "images: link-out"] });
    const { files, passedOver } = listed(root, true);
    expect(files.slice(0, 1)).toEqual(["a"]);
    expect(files).toEqual(expect.arrayContaining(["file", "images/1", "in/and/out", "deep/up/outside/file"]));
    expect(files.some((path) => path.startsWith("deep/up/out/"))).toBe(false);
    expect(passedOver.filter((path) => !path.startsWith("deep/"))).toEqual([]);
  });

  test("a sibling whose name begins alike is outside", () => {
    tree("name-sibling", { "1": null });
    const root = tree("name", { link: "../name-sibling", a: null });
    expect(listed(root)).toEqual({ files: ["a"], passedOver: ["link: link-out"] });
    expect([isInside("/a/b", "/a"), isInside("/ab", "/a"), isInside("/a", "/a"), isInside("/a", "/")]).toEqual([true, false, true, true]);
  });

  test("a path that is itself a link is what was asked for", () => {
    const root = tree("asked", { "a/1": null });
    symlinkSync(join(root, "a"), join(base, "to-asked"));
    expect(describeInput(join(base, "to-asked"))).toMatchObject({ name: "to-asked", files: [{ path: "1", size: 3 }], passedOver: [] });
    symlinkSync(join(root, "a", "1"), join(base, "to-file"));
    expect(describeInput(join(base, "to-file"))).toMatchObject({ kind: "file", files: [{ path: "to-file", size: 3 }] });
  });
});

test("pipes, sockets, devices, links to nothing and what is behind them are named", async () => {
  const root = tree("special", { a: null, "sub/b": null, broken: "nowhere", "to-pipe": "sub/pipe" });
  makePipes(join(root, "sub/pipe"));
  await makeSocket(join(root, "socket"));
  makeDevice(join(root, "device"));
  const expected = {
    files: ["a", "sub/b"],
    passedOver: ["broken: broken-link", "device: link-out", "socket: socket", "sub/pipe: pipe", "to-pipe: pipe"],
  };
  expect(listed(root)).toEqual(expected);
  expect(listed(root, true).passedOver[1]).toBe("device: device");
});

test("a path deeper than the system takes is named, not walked for ever", () => {
  const root = tree("deep", { a: null });
  let at = root;
  const name = "n".repeat(200);
  const before = process.cwd();
  try {
    for (let depth = 0; depth < 30; depth++) {
      process.chdir(at);
      mkdirSync(name);
      at = name;
    }
  } finally {
    process.chdir(before);
  }
  const { files, passedOver } = listed(root);
  expect(files).toEqual(["a"]);
  expect(passedOver).toHaveLength(1);
  expect(passedOver[0]).toMatch(/: unreadable$/);
});

test("what lies beside a database is listed with it, and named where it is no file", () => {
  const root = tree("journals", {
    "a.db3": null,
    "a.db3-wal": null,
    "b.db3": null,
    "c.db3": null,
    "c.db3-wal": "../elsewhere",
    "d.db3": null,
  });
  writeFileSync(join(base, "elsewhere"), "x");
  makePipes(join(root, "b.db3-wal"), join(root, "b.db3-journal"));
  mkdirSync(join(root, "d.db3-wal"));
  const of = (name: string) => {
    const { files, passedOver } = describeInput(join(root, name));
    return [...files.slice(1), ...passedOver].map((one) => ("kind" in one ? `${one.path}: ${one.kind}` : one.path));
  };
  expect(of("a.db3")).toEqual(["a.db3-wal"]);
  expect(of("b.db3")).toEqual(["b.db3-journal: pipe", "b.db3-wal: pipe"]);
  expect(of("c.db3")).toEqual(["c.db3-wal: link-out"]);
  expect(of("d.db3")).toEqual([]);
});

test("a link made since the listing is read where it stays inside, and not where it leads out", () => {
  const root = tree("swapped", { a: null, other: null });
  const open = () => openDescriptor(describeInput(root));
  const swap = (target: string): void => {
    rmSync(join(root, "a"));
    symlinkSync(target, join(root, "a"));
  };
  const inside = open();
  swap("other");
  expect(new TextDecoder().decode(readAll(inside, 0))).toBe("o");
  inside.close();

  const outside = open();
  writeFileSync(join(base, "secret"), "secret");
  swap(join(base, "secret"));
  expect(() => outside.read(0, 0, new Uint8Array(1))).toThrow(
    new InputError(`${join(root, "a")}: leads out of the folder since it was listed`),
  );

  const pipe = openDescriptor(describeInput(root, { follow: true }));
  rmSync(join(root, "a"));
  makePipes(join(root, "a"));
  expect(() => pipe.read(0, 0, new Uint8Array(1))).toThrow(/a: expected a file, got a pipe/);
});
