import { describe, expect, test } from "vitest";
import { render } from "../../src/report/junit.ts";
import type { Report } from "../../src/types.ts";
import { clean, context, crowd, faulty, flooded, HOSTILE, hostile } from "./sample-reports.ts";
import { type Element, parseXml } from "./xml.ts";

function suites(...args: Parameters<typeof render>): readonly Element[] {
  const root = parseXml(render(...args));
  expect(root.name).toBe("testsuites");
  return root.children;
}

const all = (element: Element, name: string): readonly Element[] => [
  ...(element.name === name ? [element] : []),
  ...element.children.flatMap((child) => all(child, name)),
];

describe("junit", () => {
  test("a suite per recording and a case per verdict; nothing unanswered is green", () => {
    const [suite] = suites([faulty], context);
    expect(suite?.attributes).toMatchObject({ name: "drive 1#.mcap", tests: "5", failures: "2", errors: "0", skipped: "2" });
    expect(suite?.children.map((one) => [one.attributes["name"], one.children[0]?.name])).toEqual([
      ["time/gaps [/lidar]", "failure"],
      ["time/gaps [/empty]", "skipped"],
      ["labels/boxes [label_02]", "system-out"],
      ["time/modality", "skipped"],
      ["findings", "failure"],
    ]);
    const [failure] = suite ? all(suite, "failure") : [];
    expect(failure?.attributes["message"]).toBe("jitter of 299.999999 ms on /lidar (and 1 more)");
    expect(failure?.text).toContain("error: gap of 299.999999 ms on /lidar (/lidar, frames 120-123, 12.000000001 s to 12.300 s");
    expect(suite && all(suite, "skipped").map((one) => one.attributes["message"])).toEqual([
      "not observable: no frames",
      "not run: no rig",
    ]);
  });

  test("what is only counted stands with its verdict", () => {
    const [suite] = suites([flooded], context);
    const [failure] = suite ? all(suite, "failure") : [];
    expect(failure?.attributes["message"]).toBe("jitter of 299.999999 ms on /lidar (and 10002 more)");
    expect(failure?.text).toContain("10001 more of kind gap (error), counted and not located: frames 7-9000, ");
    const note = suite && all(suite, "system-out").map(({ text }) => text);
    expect(note).toEqual(["40 more of kind flat (warning), counted and not located"]);
  });

  test("many streams that are skipped for one reason are one case", () => {
    const [suite] = suites([crowd], context);
    expect(suite?.attributes).toMatchObject({ tests: "103", failures: "100", skipped: "3" });
    expect(suite?.children[0]?.attributes["name"]).toBe("time/gaps on 65535 streams (/s0, /s1, /s2, …)");
    const failures = suite ? all(suite, "failure") : [];
    expect(failures[0]?.attributes["message"]).toBe("2 more of kind flat (warning), counted and not located: frames 0-1");
  });

  test("counts at the top are the sums", () => {
    const unread = [{ name: "gone", message: "no such file" }];
    const root = parseXml(render([faulty, clean], { ...context, unread }));
    expect(root.attributes).toMatchObject({ tests: "7", failures: "2", errors: "1", skipped: "2" });
    expect(all(root, "testcase")).toHaveLength(7);
    expect(all(root, "error").map((one) => one.attributes["message"])).toEqual(["no such file"]);
  });

  test("a failed verdict without findings still fails", () => {
    const bare: Report = { ...clean, verdicts: clean.verdicts.map((verdict) => ({ ...verdict, status: "fail" as const, reason: "why" })) };
    expect(all(parseXml(render([bare], context)), "failure").map((one) => one.attributes["message"])).toEqual(["why"]);
  });

  test("a finding on a stream explains its check's verdict on the whole recording", () => {
    const whole = faulty.verdicts.slice(0, 1).map((verdict) => ({ ...verdict, stream: null }));
    const root = parseXml(render([{ ...faulty, verdicts: whole, findings: faulty.findings.slice(1, 2) }], context));
    expect(all(root, "testcase").map((one) => one.attributes["name"])).toEqual(["time/gaps"]);
    expect(all(root, "failure").map((one) => one.attributes["message"])).toEqual(["gap of 299.999999 ms on /lidar"]);
  });

  test("hostile names stay text, and are characters XML may hold", () => {
    const text = render([hostile], context);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]/);
    const root = parseXml(text);
    expect(all(root, "testcase")).toHaveLength(3);
    expect(all(root, "x")).toEqual([]);
    expect(all(root, "error").map((one) => one.attributes["message"])).toEqual(["interrupted: the report covers the first part only"]);
    expect(root.children[0]?.attributes["name"]).toContain('\\nFAKE: PASS\\x85\\u202e]]><x y="1">&amp;\\x00\\ud800');
    expect(root.children[0]?.attributes["name"]).not.toBe(HOSTILE);
  });
});
