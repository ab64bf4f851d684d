import { describe, expect, test } from "vitest";
import { render } from "../../src/report/sarif.ts";
import { clean, context, crowd, faulty, flooded, HOSTILE, hostile } from "./sample-reports.ts";

interface Log {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly rules: readonly { readonly id: string }[];
        readonly notifications: readonly { readonly id: string }[];
      };
    };
    readonly invocations: readonly {
      readonly executionSuccessful: boolean;
      readonly toolExecutionNotifications: readonly {
        readonly descriptor: { readonly id: string; readonly index: number };
        readonly level: string;
        readonly message: { readonly text: string };
      }[];
    }[];
    readonly artifacts: readonly { readonly location: { readonly uri: string } }[];
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly occurrenceCount?: number;
      readonly partialFingerprints: Readonly<Record<string, string>>;
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string; readonly index?: number };
          readonly region?: object;
        };
        readonly logicalLocations?: readonly { readonly name: string; readonly fullyQualifiedName: string }[];
      }[];
    }[];
  }[];
}

function run(...args: Parameters<typeof render>) {
  const log = JSON.parse(render(...args)) as Log;
  expect(log.version).toBe("2.1.0");
  expect(log.runs).toHaveLength(1);
  const [only] = log.runs;
  const [invocation] = only?.invocations ?? [];
  if (!only || !invocation) throw new Error("expected a run with an invocation");
  return { ...only, ...invocation, rules: only.tool.driver.rules };
}

describe("sarif", () => {
  test("every result names a rule that is there, and its place", () => {
    const { results, rules, artifacts } = run([faulty, hostile], context);
    expect(results).toHaveLength(5);
    for (const result of results) {
      expect(rules[result.ruleIndex]?.id).toBe(result.ruleId);
      expect(["error", "warning", "note"]).toContain(result.level);
      const { index, uri } = result.locations[0]?.physicalLocation.artifactLocation ?? {};
      if (index !== undefined) expect(artifacts[index]?.location.uri).toBe(uri);
    }
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length);
    expect(rules.map((rule) => rule.id)).toEqual(["time/gaps/gap", "time/gaps/jitter", "labels/boxes/flat", "made/up/odd"]);
  });

  test("what is only counted is one result with its number and where it lies", () => {
    const { results, rules } = run([flooded], context);
    const counted = results.filter(({ occurrenceCount }) => occurrenceCount !== undefined);
    expect(counted.map(({ ruleId, level, occurrenceCount }) => [ruleId, level, occurrenceCount])).toEqual([
      ["time/gaps/gap", "error", 10_001],
      ["labels/boxes/flat", "warning", 40],
    ]);
    for (const { ruleId, ruleIndex } of counted) expect(rules[ruleIndex]?.id).toBe(ruleId);
    expect(counted[0]?.locations[0]?.logicalLocations).toMatchObject([{ name: "/lidar" }, { name: "frames 7-9000" }]);
    expect(counted[0]?.message.text).toMatch(/^10001 more of kind gap \(error\), counted and not located: on \/lidar, /);
  });

  test("65,535 streams that say the same are one notification, and the log stays small", () => {
    const { toolExecutionNotifications: notes, results } = run([crowd], context);
    expect(notes.map(({ message }) => message.text)).toEqual([
      "time/gaps on 65535 streams (/s0, /s1, /s2, …): not observable: too few frames",
      "labels/boxes on /s0: not run: no boxes",
      "labels/boxes on /s1: not run: no boxes",
    ]);
    expect(results.map(({ occurrenceCount, message }) => [occurrenceCount, message.text])).toEqual([
      [200, "200 more of kind flat (warning), counted and not located"],
    ]);
    expect(render([crowd], context).length).toBeLessThan(20_000);
  });

  test("a finding says what, where, and which one it is over runs", () => {
    const [jitter, gap, flat] = run([faulty], context).results;
    expect(gap).toMatchObject({
      ruleId: "time/gaps/gap",
      level: "error",
      message: { text: "gap of 299.999999 ms on /lidar" },
      partialFingerprints: { "plumbline/v1": "00112233445566aa" },
    });
    expect(gap?.locations[0]).toMatchObject({
      physicalLocation: { artifactLocation: { uri: "drive%201%23.mcap", index: 0 }, region: { byteOffset: 4096, byteLength: 4096 } },
      logicalLocations: [{ name: "/lidar" }, { fullyQualifiedName: "/lidar frames 120-123" }],
    });
    expect(jitter?.level).toBe("note");
    expect(flat?.locations[0]?.physicalLocation).toEqual({ artifactLocation: { uri: "drive%201%23.mcap/label_02/0001.txt" } });
  });

  test("what was not answered is a notification, never silence", () => {
    const { toolExecutionNotifications: notes, executionSuccessful, tool } = run([faulty], context);
    expect(executionSuccessful).toBe(true);
    expect(notes.map((note) => [note.descriptor.id, note.level])).toEqual([
      ["not_observable", "note"],
      ["not_run", "note"],
    ]);
    for (const { descriptor } of notes) expect(tool.driver.notifications[descriptor.index]?.id).toBe(descriptor.id);
    expect(notes[1]?.message.text).toBe("time/modality: not run: no rig");
  });

  test("a run that was cut short, or an input that was not read, did not succeed", () => {
    expect(run([hostile], context)).toMatchObject({ executionSuccessful: false });
    const { executionSuccessful, toolExecutionNotifications, artifacts } = run([clean], {
      ...context,
      unread: [{ name: "gone", message: "gone: no such file" }],
    });
    expect(executionSuccessful).toBe(false);
    expect(toolExecutionNotifications.at(-1)).toMatchObject({ level: "error", message: { text: "gone: no such file" } });
    expect(artifacts.map((artifact) => artifact.location.uri)).toEqual(["clean", "gone"]);
  });

  test("hostile names make valid URIs and single lines", () => {
    const { results, artifacts } = run([hostile], context);
    for (const uri of [...artifacts.map((a) => a.location.uri), results[0]?.locations[0]?.physicalLocation.artifactLocation.uri ?? ""]) {
      expect(uri).toMatch(/^[A-Za-z0-9%._~!*'()/-]+$/);
      // A name that climbs out of the folder points nowhere.
      expect(new URL(uri, "file:///recordings/here/").href.startsWith("file:///recordings/here/")).toBe(true);
    }
    expect(results[0]?.message.text).not.toContain("\n");
    expect(results[0]?.message.text).not.toContain("\u001b");
    expect(results[0]?.locations[0]?.logicalLocations?.[0]?.name).not.toContain(HOSTILE);
  });
});
