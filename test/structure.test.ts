/** The walls of the house: who may import whom, who may touch the platform, and that every list is complete. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { README, withTable } from "../scripts/readme-table.mjs";
import type { AnyCheck } from "../src/check/check.ts";
import { listFiles, type Module, ROOT, readModule } from "./structure/modules.ts";

/** Declarations and bytes of the kernels, made by the build. */
const GENERATED = ["src/kernels.generated.ts", "src/simulate/kernels.generated.ts"];
const files = listFiles("src").filter((path) => !GENERATED.includes(path));
const modules = files.map(readModule);
const known = new Set([...files, ...GENERATED]);

const isNode = (path: string): boolean => /^src\/(node|cli)\//.test(path) || /^src\/sources\/node-[^/]*$/.test(path);
const isBrowser = (path: string): boolean => path.startsWith("src/browser/");
/** Re-exports Node's half of the library; src/browser/index.ts is its twin. */
const ENTRY = "src/index.ts";
const isCore = (path: string): boolean => !isNode(path) && !isBrowser(path) && path !== ENTRY;

/** Every import that `wrong` objects to, as "from -> to". */
function offences(from: (path: string) => boolean, wrong: (target: string, module: Module, typeOnly: boolean) => boolean): string[] {
  return modules
    .filter((module) => from(module.path))
    .flatMap((module) =>
      module.imports.filter((one) => wrong(one.target, module, one.typeOnly)).map((one) => `${module.path} -> ${one.target}`),
    );
}

describe("import direction", () => {
  test("every relative import names a file that is there", () => {
    expect(
      offences(
        () => true,
        (target) => target.startsWith("src/") && !known.has(target),
      ),
    ).toEqual([]);
  });

  test("nothing in src reaches out of src", () => {
    expect(
      offences(
        () => true,
        (target, { path }) => /^(test|scripts|bench|assembly|\.\.)\b/.test(target) && isCore(path),
      ),
    ).toEqual([]);
  });

  test("the core knows no platform", () => {
    expect(offences(isCore, (target) => isNode(target) || isBrowser(target) || target === ENTRY)).toEqual([]);
  });

  test("Node and browser do not know each other", () => {
    expect(offences(isNode, isBrowser)).toEqual([]);
    expect(offences(isBrowser, (target) => isNode(target) || target === ENTRY)).toEqual([]);
  });

  test("the library does not know the command line", () => {
    const isCli = (path: string): boolean => path.startsWith("src/cli/");
    expect(offences((path) => !isCli(path), isCli)).toEqual([]);
  });

  test("checks and sources do not know each other", () => {
    const isCheck = (path: string): boolean => path.startsWith("src/checks/");
    const isSource = (path: string): boolean => /^src\/(sources|messages)\//.test(path) || path === "src/pipeline/source.ts";
    expect(offences(isCheck, isSource)).toEqual([]);
    expect(offences(isSource, isCheck)).toEqual([]);
  });

  test("reports import types, each other and the checks' wording", () => {
    const isReport = (path: string): boolean => path.startsWith("src/report/");
    const allowed = (target: string): boolean => isReport(target) || target.startsWith("src/checks/");
    expect(offences(isReport, (target, _module, typeOnly) => !typeOnly && !allowed(target))).toEqual([]);
  });

  test("no import goes in a circle, of types neither", () => {
    const next = new Map(modules.map((m) => [m.path, m.imports.filter((i) => !i.dynamic).map((i) => i.target)]));
    const done = new Set<string>();
    const circle = (path: string, above: readonly string[]): readonly string[] => {
      if (above.includes(path)) return [...above.slice(above.indexOf(path)), path];
      if (done.has(path)) return [];
      const found = (next.get(path) ?? []).map((target) => circle(target, [...above, path])).find((one) => one.length > 0) ?? [];
      done.add(path);
      return found;
    };
    expect(files.map((path) => circle(path, [])).find((one) => one.length > 0) ?? []).toEqual([]);
  });
});

describe("platform walls", () => {
  test("only src/node, src/cli and src/sources/node-* import Node's modules or the worker pool", () => {
    expect(
      offences(
        (path) => !isNode(path),
        (target) => target.startsWith("node:") || target === "piscina",
      ),
    ).toEqual([]);
  });

  const touching = (allowed: (path: string) => boolean, names: readonly string[]): string[] =>
    modules
      .filter((module) => !allowed(module.path))
      .flatMap((module) => names.filter((name) => module.globals.has(name)).map((name) => `${module.path}: ${name}`));

  test("only src/browser touches the DOM or a worker's globals", () => {
    const names = ["self", "window", "document", "navigator", "location", "Worker", "FileReaderSync", "FileReader", "File", "Blob"];
    expect(touching(isBrowser, [...names, "postMessage", "addEventListener", "onmessage", "importScripts", "fetch", "indexedDB"])).toEqual(
      [],
    );
  });

  test("only Node's files touch Node's globals", () => {
    expect(touching(isNode, ["process", "Buffer", "require", "__dirname", "__filename", "global"])).toEqual([]);
  });

  test("nothing outside Node, command line and browser prints", () => {
    expect(touching((path) => path.startsWith("src/cli/"), ["console"])).toEqual([]);
  });

  test("no list of any length becomes arguments: those that do are short by nature", () => {
    const short: Readonly<Record<string, readonly string[]>> = {
      // As many as a vector, a box or a matrix has.
      "src/checks/labels/pixels/box-motion.ts": ["Math.min(...atLabel)", "Math.min(...around)"],
      "src/checks/labels/pixels/disagreements.ts": ["Math.min(...box.size)"],
      "src/geometry/small-matrix.ts": ["Math.max(...size)"],
      // As many as there are names of columns.
      "src/sources/clouds/points-table.ts": ["Math.max(...Object.values(columns))"],
      "src/sources/tables/rows.ts": ["Math.max(...Object.values(layout.columns))"],
      "src/sources/labels/labels-table.ts": ["Math.max(...Object.values(columns).map(Number))"],
      // 128 lasers; pieces of 4096 bytes; a leaf; a stamp.
      "src/checks/points/sweep-timing.ts": [
        "Math.min(...lasers.flatMap((other) => (other === one ? [] : [turns(other.phase - one.phase)])))",
      ],
      "src/sources/labels/cvat.ts": ["String.fromCharCode(...bytes.subarray(i, i + 4096))"],
      "src/seal/identity.ts": [
        "String.fromCharCode(...words)",
        "String.fromCharCode(...new Uint16Array(stampNs.buffer, stampNs.byteOffset + frame * 8, 4))",
      ],
    };
    // A simulated drive is of nobody's making but ours.
    const all = modules.filter(({ path, spreads }) => spreads.length > 0 && !path.startsWith("src/simulate/"));
    expect(Object.fromEntries(all.map(({ path, spreads }) => [path, spreads]))).toEqual(short);
  });

  test("no state at module level", () => {
    expect(modules.flatMap((module) => module.variables.map((name) => `${module.path}: ${name}`))).toEqual([]);
  });
});

describe("complete lists", () => {
  // Loaded here and not above: while a listed file is missing, the walls are still tested.
  let checks: readonly AnyCheck[];
  let sources: typeof import("../src/sources/index.ts").sources;
  beforeAll(async () => {
    ({ checks } = await import("../src/checks/index.ts"));
    ({ sources } = await import("../src/sources/index.ts"));
  });

  const missing = (paths: readonly string[]): readonly string[] => paths.filter((path) => !existsSync(join(ROOT, path)));

  test("every check is in the list, under its file's name", () => {
    const written = files.filter((path) => /^src\/checks\/[^/]+\/[^_][^/]*\.ts$/.test(path));
    expect(written.map((path) => path.slice("src/checks/".length, -".ts".length)).sort()).toEqual(checks.map((check) => check.id).sort());
  });

  test("every check has its test", () => {
    expect(missing(checks.map((check) => `test/checks/${basename(check.id)}.test.ts`))).toEqual([]);
  });

  test("every check says what it finds and what it cannot see", () => {
    for (const check of checks) {
      expect([check.id, Object.keys(check.kinds).length > 0, check.blindSpots.length > 0]).toEqual([check.id, true, true]);
    }
  });

  test("every option of a check has a range, and its default lies in it", () => {
    for (const { id, defaults, ranges = {} } of checks) {
      expect([id, Object.keys(ranges).sort()]).toEqual([id, Object.keys(defaults).sort()]);
      for (const [name, { least, most = Number.POSITIVE_INFINITY }] of Object.entries(ranges)) {
        expect([id, name, (defaults[name] ?? Number.NaN) >= least && (defaults[name] ?? Number.NaN) <= most]).toEqual([id, name, true]);
      }
    }
  });

  test("every source is in the list and has its test", () => {
    const written = files
      .filter((path) => path.startsWith("src/sources/") && path !== "src/sources/index.ts")
      .flatMap((path) => /^ {2}format: "([a-z0-9-]+)"/m.exec(readFileSync(join(ROOT, path), "utf8"))?.[1] ?? []);
    expect(written.sort()).toEqual(sources.map((source) => source.format).sort());
    expect(missing(sources.map((source) => `test/sources/${source.format}.test.ts`))).toEqual([]);
  });

  test("every source in the list is the one its entry names", async () => {
    const loaded = await Promise.all(sources.map((source) => source.load()));
    expect(loaded.map((source) => source.format)).toEqual(sources.map((source) => source.format));
  });

  test("every kernel has a reference and a test", () => {
    const kernels = exportedKernels();
    expect(kernels.length).toBeGreaterThan(0);
    const references = new Set(listFiles("test/reference").flatMap((path) => readModule(path).exports));
    expect(kernels.filter((name) => !references.has(name))).toEqual([]);
    const tests = listFiles("test").filter((path) => path.endsWith(".test.ts") && dirname(path) !== "test");
    const text = tests.map((path) => readFileSync(join(ROOT, path), "utf8")).join("\n");
    expect(kernels.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });

  test("the README's table of checks is fresh (else: npm run readme)", () => {
    const readme = readFileSync(README, "utf8");
    expect(readme).toBe(withTable(readme, checks));
  });

  test("the lockfile names no registry", () => {
    expect(readFileSync(join(ROOT, "package-lock.json"), "utf8")).not.toMatch(/"resolved": "https?:/);
  });
});

/** The functions the modules export; HEAP_BASE is a constant. */
function exportedKernels(): readonly string[] {
  const text = ["assembly/index.ts", "assembly/simulate/index.ts"].map((path) => readFileSync(join(ROOT, path), "utf8")).join("\n");
  return [...text.matchAll(/^export \{([^}]*)\}/gm)]
    .flatMap((match) => (match[1] ?? "").split(","))
    .map((name) => name.trim().replace(/^\S+ as /, ""))
    .filter((name) => name !== "" && name !== "HEAP_BASE");
}
