/** Which tests can notice a change to a file: those that import it, directly or not, the nearest first. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles, ROOT, readModule } from "../../test/structure/modules.ts";

export interface Graph {
  /** For each file, the files it needs: what it imports, and the kernels it names. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Of src, assembly and test. Types count: a constant's file is imported for both. */
export function readGraph(): Graph {
  const files = [...listFiles("src"), ...listFiles("test"), ...listFiles("assembly")];
  const modules = files.map(readModule);
  const kernels = modules.filter(({ path }) => path.startsWith("assembly/") && !/\/(_|index\.)/.test(path));
  const owners = new Map(kernels.flatMap(({ path, exports }) => exports.map((name) => [name, path] as const)));
  const needs = new Map(
    modules.map(({ path, imports }) => {
      const own = new Set(imports.filter(({ typeOnly }) => !typeOnly).map(({ target }) => resolved(target, files)));
      // Nothing imports a kernel but through the module they are built into: who names its export calls it.
      if (!path.startsWith("assembly/") && !path.endsWith(".generated.ts")) {
        for (const word of new Set(readFileSync(join(ROOT, path), "utf8").match(/\w+/g))) own.add(owners.get(word) ?? "");
      }
      return [path, own] as const;
    }),
  );
  return { needs };
}

/** Kernels import src/abi without an ending. */
function resolved(target: string, files: readonly string[]): string {
  return files.includes(`${target}.ts`) ? `${target}.ts` : target;
}

/**
 * @param further how many imports further than the nearest a test may be
 * @returns tests, nearest first, then by name
 */
export function testsOf({ needs }: Graph, file: string, further = Number.POSITIVE_INFINITY): readonly string[] {
  const users = new Map<string, string[]>();
  for (const [path, targets] of needs) for (const target of targets) users.set(target, [...(users.get(target) ?? []), path]);
  const distance = new Map([[file, 0]]);
  for (const [path, away] of distance) {
    for (const user of users.get(path) ?? []) if (!distance.has(user)) distance.set(user, away + 1);
  }
  const tests = [...distance]
    .filter(([path]) => path.endsWith(".test.ts") && !/\.long\.test\.ts$|^test\/browser\//.test(path))
    .sort(([a, near], [b, far]) => near - far || (a < b ? -1 : 1));
  const nearest = tests[0]?.[1] ?? 0;
  return tests.flatMap(([test, away]) => (away <= nearest + further ? [test] : []));
}
