import { describe, expect, test } from "vitest";
import { readGraph, testsOf } from "../../scripts/mutate/graph.ts";
import { isListed, readListed } from "../../scripts/mutate/listed.ts";
import { mutantsOf, mutated, withProbes } from "../../scripts/mutate/mutants.ts";

/** What a program may be changed to, without its ending semicolon. */
function changes(text: string): readonly string[] {
  const all = mutantsOf("a.ts", text);
  for (const mutant of all)
    expect(mutant.after).toBe(
      mutated(text, mutant)
        .trim()
        .replaceAll(/\s*\n\s*/g, " "),
    );
  return all.map(({ after }) => after.replace(/;$/, "")).sort();
}

describe("what is changed", () => {
  for (const [text, want] of [
    ["a < b", ["a <= b", ""]],
    ["a !== b", ["a === b", ""]],
    ["x = a && b", ["x = a || b", ""]],
    ["x = (a + 1) / 2", ["x = (a - 1) / 2", "x = (a + 2) / 2", "x = (a + 1) * 2", "x = (a + 1) / 3", ""]],
    ["x += 0.5", ["x -= 0.5", "x += 0.75", ""]],
    ["x = -y", ["x = y", ""]],
    ["x = !y", ["x = y", ""]],
    ["x = 5n", ["x = 6n", ""]],
    ["x = true", ["x = false", ""]],
    ["i++", ["i--", ""]],
    ["x = a ? b : c", ["x = !(a) ? b : c", ""]],
    ["x = a === b ? c : d", ["x = a !== b ? c : d", ""]],
    ["x = Math.max(a, b)", ["x = Math.min(a, b)", ""]],
    ["x = min<f64>(a, b)", ["x = max<f64>(a, b)", ""]],
    ["x = list.sort(by)", ["x = list", ""]],
    ["x = Math.abs(a)", ["x = a", ""]],
    ["x = f32x4.abs(f32x4.lt(a, b))", ["x = f32x4.lt(a, b)", "x = f32x4.abs(f32x4.le(a, b))", ""]],
    ["store<f32>(at, load<f32>(to))", [""]],
    ["x = list[i] ?? 0", [""]],
    ["x = list[i + 1] ?? -1", ["x = list[i - 1] ?? -1", "x = list[i + 2] ?? -1", ""]],
    ["x = a ?? b", ["x = b", ""]],
    ['x = a + "text"', [""]],
  ] as const) {
    test(text, () => expect(changes(`${text};`)).toEqual([...want].sort()));
  }

  test("conditions, statements and what leaves a loop", () => {
    expect(changes("for (const a of b) { if (a.c) continue; d(a); }")).toEqual([
      "for (const a of b) { if (!(a.c)) continue; d(a); }",
      "for (const a of b) { if (a.c) ; d(a); }",
      "for (const a of b) { if (a.c) continue; ; }",
    ]);
  });

  test("no types, imports, texts, sizes of reserved memory, nor functions that only bear a method's name", () => {
    for (const text of [
      'import { a } from "b"',
      "type A = 1 | 2",
      "interface A { readonly b: 3 }",
      "const x: Record<1, A<2>> = y as B<3>",
      "const BUFFER: usize = memory.data(64 * 8, 16)",
      "const x = shift(y)",
    ]) {
      expect([text, changes(`${text};`)]).toEqual([text, []]);
    }
  });

  test("a change knows its line, and what the line is before and after", () => {
    const [first] = mutantsOf("a.ts", 'const name = "…🙂";\n  export const most =\n    a < b;\n');
    expect(first).toMatchObject({ file: "a.ts", line: 3, before: "a < b;", after: "a <= b;", within: null });
  });
});

test("probes change nothing and tell which function was reached, by the number that its changes carry", () => {
  const text = [
    "const twice = (x) => (y) => ({ sum: x + y });",
    "function outer(list) { return list.map((x) => x * 2).filter(function (x) { return x > 2; }); }",
    "class A { constructor() { this.a = 1; } get b() { return () => this.a; } never() { return 9; } }",
    "return [twice(1)(2), outer([1, 2]), new A().b()];",
  ].join("\n");
  const probed = withProbes("a.ts", `function all() {\n${text}\n}`);
  const reached = new Set<string>();
  const run = (body: string): unknown =>
    new Function("globalThis", `${body}\nreturn all();`)({ __reached: (name: string) => reached.add(name) });
  expect(run(probed)).toEqual([{ sum: 3 }, [4], 1]);
  const unseen = mutantsOf("a.ts", `function all() {\n${text}\n}`).filter(({ within }) => !reached.has(`a.ts#${within}`));
  expect(unseen.map(({ before }) => before)).toEqual([expect.stringContaining("never")]);
  expect(unseen[0]?.after).toContain("return 10");
});

describe("which tests can notice", () => {
  const graph = readGraph();

  test("those that import the file, the nearest first", () => {
    const tests = testsOf(graph, "src/pipeline/observe.ts");
    expect(tests[0]).toBe("test/pipeline/observe.test.ts");
    expect(tests).toContain("test/pipeline/engine.test.ts");
    expect(tests.some((path) => path.includes(".long.") || path.startsWith("test/browser/"))).toBe(false);
    expect(testsOf(graph, "src/pipeline/observe.ts", 0).length).toBeLessThan(tests.length);
  });

  test("of a kernel and of what it is made from, those that name it", () => {
    expect(testsOf(graph, "assembly/points/sweep-shape.ts", 1)).toEqual(
      expect.arrayContaining(["test/kernels/sweep-shape.test.ts", "test/checks/sweep-shape.test.ts"]),
    );
    expect(testsOf(graph, "assembly/_select.ts", 0)).toEqual(expect.arrayContaining(["test/kernels/sweep-motion.test.ts"]));
    expect(testsOf(graph, "assembly/points/sweep-shape.ts", 0)).not.toContain("test/kernels/sweep-seam.test.ts");
  });
});

test("what is listed is told by its line, wherever the file lies", () => {
  const listed = readListed(
    "# T\n\n## src/runs.ts\n\nWords.\n\n- `a < b` -> `a <= b`: they are never equal\n- `` `a` `` -> `` `b` ``: as long\n- no change\n",
  );
  expect(listed.map(({ before, after }) => [before, after])).toEqual([
    ["a < b", "a <= b"],
    ["`a`", "`b`"],
  ]);
  const mutant = { ...(mutantsOf("src/summary/runs.ts", "a < b").find(({ after }) => after !== ";") ?? expect.unreachable()) };
  expect([
    isListed(listed, mutant),
    isListed(listed, { ...mutant, file: "src/seam.ts" }),
    isListed(listed, { ...mutant, after: "a > b" }),
  ]).toEqual([true, false, false]);
});
