/** Files appear whole or not at all, and what a killed run has left is removed by the next one. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { describeInput } from "../../src/node/input.ts";
import { removeLeftovers, temporaryName } from "../../src/node/leftovers.ts";
import { writeFile, writeFiles } from "../../src/node/output.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
const text = (name: string): string | null => (existsSync(at(name)) ? readFileSync(at(name), "utf8") : null);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plumbline-output-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("one file", () => {
  test("is there when all of it is written, and not before", async () => {
    writeFileSync(at("a"), "old");
    await writeFiles({ a: { path: at("a") } }, async ({ a }) => {
      await a.write("new, ");
      expect(text("a")).toBe("old");
      expect(readdirSync(folder)).toHaveLength(2);
      await a.write(new TextEncoder().encode("and more"));
    });
    expect([text("a"), readdirSync(folder)]).toEqual(["new, and more", ["a"]]);
  });

  test("stays as it was when something fails, and nothing is left", async () => {
    writeFileSync(at("a"), "old");
    const failing = writeFiles({ a: { path: at("a") } }, async ({ a }) => {
      await a.write("new");
      throw new Error("power");
    });
    await expect(failing).rejects.toThrow("power");
    expect([text("a"), readdirSync(folder)]).toEqual(["old", ["a"]]);
  });

  test("keeps its mode, and a link stays one", async () => {
    writeFileSync(at("a"), "old");
    chmodSync(at("a"), 0o640);
    symlinkSync("a", at("link"));
    symlinkSync("new", at("dangling"));
    await writeFile({ path: at("link") }, "through a link");
    await writeFile({ path: at("dangling") }, "to where nothing was");
    expect([text("a"), statSync(at("a")).mode & 0o777, text("new")]).toEqual(["through a link", 0o640, "to where nothing was"]);
    expect(readdirSync(folder).sort()).toEqual(["a", "dangling", "link", "new"]);
  });

  test("that has to be new does not replace what appeared meanwhile", async () => {
    const late = writeFiles({ a: { path: at("a"), exclusive: true } }, async ({ a }) => {
      await a.write("mine");
      writeFileSync(at("a"), "theirs");
    });
    await expect(late).rejects.toThrow(ConfigError);
    expect([text("a"), readdirSync(folder)]).toEqual(["theirs", ["a"]]);
    await writeFile({ path: at("b"), exclusive: true }, "mine");
    writeFileSync(at("empty"), "");
    await writeFile({ path: at("empty"), exclusive: true }, "mine");
    expect([text("b"), text("empty"), readdirSync(folder).sort()]).toEqual(["mine", "mine", ["a", "b", "empty"]]);
  });

  test("that cannot be written is named by the error, not by a temporary name", async () => {
    await expect(writeFile({ path: at("nowhere/a") }, "x")).rejects.toMatchObject({ code: "ENOENT", path: at("nowhere/a") });
    mkdirSync(at("folder"));
    await expect(writeFile({ path: at("folder") }, "x")).rejects.toMatchObject({ path: at("folder") });
    expect(readdirSync(folder)).toEqual(["folder"]);
  });

  test.skipIf(!existsSync("/dev/full"))("a device is written to directly (needs /dev/full)", async () => {
    await expect(writeFile({ path: "/dev/full" }, "x")).rejects.toMatchObject({ code: "ENOSPC", path: "/dev/full" });
  });
});

describe("files that belong together", () => {
  const both = (fill = async (): Promise<void> => {}) =>
    writeFiles({ first: { path: at("first") }, second: { path: at("second") } }, async ({ first, second }) => {
      await first.write("new first");
      await second.write("new second");
      await fill();
    });

  test("appear together", async () => {
    await both();
    await both();
    expect([text("first"), text("second"), readdirSync(folder).sort()]).toEqual(["new first", "new second", ["first", "second"]]);
  });

  test.each([
    ["first", [null, "old second"]],
    ["second", [null, null]],
    ["second", ["old first", null]],
  ] as const)("are all as they were when the %s cannot appear: %j", async (blocked, olds) => {
    for (const [i, name] of ["first", "second"].entries()) if (olds[i]) writeFileSync(at(name), olds[i]);
    // A folder cannot be replaced by a file.
    await expect(both(async () => void mkdirSync(at(blocked)))).rejects.toMatchObject({ path: at(blocked) });
    rmSync(at(blocked), { recursive: true });
    expect([text("first"), text("second")]).toEqual(olds);
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  /** Writes both and is killed right before its nth call of the file system. */
  const KILLED = `
    import fs from "node:fs/promises";
    import { syncBuiltinESMExports } from "node:module";
    let left = Number(process.argv[1]);
    for (const name of ["open", "link", "rename", "rm"]) {
      const call = fs[name];
      fs[name] = (...args) => (left-- === 0 ? process.kill(process.pid, "SIGKILL") : call(...args));
    }
    syncBuiltinESMExports();
    const { writeFiles } = await import(process.argv[2]);
    await writeFiles({ first: { path: "first" }, second: { path: "second" } }, async ({ first, second }) => {
      await first.write("new first");
      await second.write("new second");
    });`;

  test.each([[], ["old first", "old second"]])("are of one run wherever it is killed, with %j there before", async (...olds) => {
    const module = new URL("../../src/node/output.ts", import.meta.url).href;
    const seen = new Set<string>();
    for (let calls = 0; ; calls++) {
      for (const [i, name] of ["first", "second"].entries()) olds[i] ? writeFileSync(at(name), olds[i]) : rmSync(at(name), { force: true });
      const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", KILLED, `${calls}`, module];
      const { signal } = spawnSync(process.execPath, args, { cwd: folder });
      seen.add([text("first"), text("second")].map((what) => what?.split(" ")[0] ?? "none").join());
      await writeFile({ path: at("next") }, "");
      expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
      if (signal === null) break;
    }
    expect([...seen].sort()).toEqual(
      olds.length > 0 ? ["new,new", "new,none", "old,none", "old,old"] : ["new,new", "new,none", "none,none"],
    );
  });

  test("a target that was not asked for is none", async () => {
    const got = await writeFiles({ a: { path: at("a") }, b: undefined }, async ({ a, b }) => {
      await a.write("x");
      return b;
    });
    expect([got, readdirSync(folder)]).toEqual([undefined, ["a"]]);
  });
});

describe("what a killed run has left", () => {
  /** A temporary name of another process, of another start, or of another machine. */
  const nameOf = (pid: number, { began, home }: { began?: string; home?: string } = {}): string => {
    const [, ours = "", , start = "", rest = ""] = /^\.plumbline-([^-]+)-([^-]+)-([^-]+)-(.*)$/.exec(temporaryName()) ?? [];
    return `.plumbline-${home ?? ours}-${pid}-${began ?? start}-${rest}`;
  };
  const put = (name: string, daysOld = 0): string => {
    writeFileSync(at(name), "half");
    const time = Date.now() / 1000 - daysOld * 24 * 3600;
    utimesSync(at(name), time, time);
    return name;
  };
  const dead = (): number => spawnSync("true").pid;

  test("is removed by the next run that writes there, and is no part of a recording", async () => {
    put(nameOf(dead()));
    put("scan.bin");
    expect(describeInput(folder).files.map(({ path }) => path)).toEqual(["scan.bin"]);
    await writeFile({ path: at("a") }, "x");
    expect(readdirSync(folder).sort()).toEqual(["a", "scan.bin"]);
  });

  test("is left when its run lives, of this process or another", async () => {
    const child = spawn("sleep", ["60"]);
    const began = readFileSync(`/proc/${child.pid}/stat`, "latin1").split(" ")[21] ?? "";
    const names = [put(temporaryName()), put(nameOf(child.pid ?? 0, { began })), put(temporaryName(), 3)].sort();
    await writeFile({ path: at("a") }, "x");
    expect(readdirSync(folder).sort()).toEqual([...names, "a"]);
    child.kill();
    await once(child, "exit");
    removeLeftovers(folder);
    expect(readdirSync(folder)).not.toContain(names.find((name) => name.includes(`-${child.pid}-`)));
  });

  test.skipIf(!existsSync("/proc/self/stat"))("is known by when its process began: numbers come again (needs /proc)", async () => {
    put(nameOf(process.pid, { began: "1" }));
    removeLeftovers(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.skipIf(!existsSync("/proc/self/stat"))("is removed when its run has ended and nobody has asked how (needs /proc)", async () => {
    // The shell becomes one that asks for nothing.
    const child = spawn("sh", ["-c", "sleep 0.5 & echo $!; exec sleep 60"]);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    const fields = (): readonly string[] => readFileSync(`/proc/${pid}/stat`, "latin1").split(" ");
    while (fields()[2] !== "Z") await setTimeout(5);
    put(nameOf(pid, { began: fields()[21] ?? "" }));
    removeLeftovers(folder);
    expect(readdirSync(folder)).toEqual([]);
    child.kill();
  });

  test("of another machine or container is removed when nobody has written to it for a day", () => {
    const home = "00000000";
    const fresh = put(nameOf(dead(), { home }));
    put(nameOf(process.pid, { home }), 2);
    removeLeftovers(folder);
    expect(readdirSync(folder)).toEqual([fresh]);
  });

  test("nothing else is removed", () => {
    const names = [".plumbline-notes.tmp", `${nameOf(dead())}x`, "a.tmp", nameOf(dead()).slice(1)];
    for (const name of names) put(name, 9);
    mkdirSync(at(nameOf(dead())));
    removeLeftovers(folder);
    expect(readdirSync(folder)).toHaveLength(names.length + 1);
    expect(() => removeLeftovers(at("nowhere"))).not.toThrow();
  });
});
