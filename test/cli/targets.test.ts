/** Where a command may write: nothing it reads ever changes, and nothing else is replaced that cannot be made again. */
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Console } from "../../src/cli/console.ts";
import { execute } from "../../src/cli/program.ts";
import { seal } from "../../src/index.ts";
import { Dice } from "../seal/damage.ts";
import { contentsOf, type OnDisk, writeRecordings } from "./recordings.ts";
import { plumbline, shell, temporaryFolder, writeSample } from "./run.ts";

const folder = temporaryFolder();
const inputs = join(folder, "inputs");
/** Names of inputs that somebody else has given them. */
const elsewhere = join(folder, "elsewhere");

/** In this process: it keeps what would be said and printed. */
class Kept extends Console {
  said: string[] = [];
  override say(line: string): void {
    this.said.push(line);
  }
  override async print(): Promise<void> {}
}
const kept = new Kept();

async function inProcess(args: readonly string[]): Promise<{ readonly code: number; readonly said: readonly string[] }> {
  kept.said = [];
  const listeners = process.listeners("SIGINT");
  const code = await execute(["node", "plumbline", ...args], kept);
  // Every run listens for Ctrl-C; elsewhere its process ends with it.
  for (const listener of process.listeners("SIGINT")) if (!listeners.includes(listener)) process.off("SIGINT", listener);
  return { code, said: kept.said };
}

/** Every flag that writes, in every way to read the input. */
const WRITERS: Readonly<Record<string, (input: string, target: string) => readonly string[]>> = {
  "check --out": (input, target) => ["check", input, "--out", target],
  "check --cost": (input, target) => ["check", input, "--cost", target],
  "check --labels --out": (input, target) => ["check", join(folder, "other.mcap"), "--labels", input, "--out", target],
  "check several --out": (input, target) => ["check", join(folder, "other.mcap"), input, "--format", "sarif", "--out", target],
  "verify --out": (input, target) => ["verify", input, "--out", target],
  "proof --out": (input, target) => ["proof", input, "--stream", "/camera", "--frame", "0", "--out", target],
  "rig learn --out": (input, target) => ["rig", "learn", join(folder, "other.mcap"), input, "--out", target],
  "seal --out": (input, target) => ["seal", input, "--out", target],
  "seal --embed": (input, target) => ["seal", input, "--out", join(folder, "new.seal"), "--embed", target],
};

/** Other paths of one file. */
const DISGUISES: Readonly<Record<string, (target: string) => string>> = {
  "its own path": (target) => target,
  "a relative path": (target) => relative(process.cwd(), target),
  "a way about": (target) => `${dirname(target)}/../${basename(dirname(target))}/./${basename(target)}`,
  "a link": (target) => {
    symlinkSync(target, join(elsewhere, "link"));
    return join(elsewhere, "link");
  },
  "a link to a link": (target) => {
    symlinkSync(target, join(elsewhere, "one"));
    symlinkSync("one", join(elsewhere, "two"));
    return join(elsewhere, "two");
  },
  "a link to its folder": (target) => {
    symlinkSync(dirname(target), join(elsewhere, "folder"));
    return join(elsewhere, "folder", basename(target));
  },
  "a hard link": (target) => {
    linkSync(target, join(elsewhere, "hard"));
    return join(elsewhere, "hard");
  },
};

let recordings: readonly OnDisk[];
beforeAll(async () => {
  recordings = await writeRecordings(inputs);
  for (const name of ["other.mcap", "private.pem", "public.pem", "faults.yaml", "proof.json"]) writeFileSync(join(folder, name), name);
  writeFileSync(join(folder, "secret"), "00112233".repeat(8));
  writeFileSync(join(folder, "rig.yaml"), "schema: plumbline.rig/1\n");
  writeFileSync(join(folder, "a.seal"), (await seal(await writeSample(join(folder, "sealed.mcap"), { frames: 2 }))).bytes);
});
beforeEach(() => {
  rmSync(elsewhere, { recursive: true, force: true });
  mkdirSync(elsewhere);
});

/** @returns what was said */
async function refused(args: readonly string[]): Promise<string> {
  const { code, said } = await inProcess(args);
  expect([args, code, said.length]).toEqual([args, 2, 1]);
  return said[0] ?? "";
}

/** Also with --force, and nothing below has changed. */
async function refusedForGood(args: readonly string[]): Promise<string> {
  const before = contentsOf(folder);
  const said = await refused(args);
  expect(await refused([...args, "--force"])).toBe(said);
  expect([args, contentsOf(folder)]).toEqual([args, before]);
  return said;
}

describe("an input is never written to, by any command, by any path, also with --force", () => {
  for (const [writer, args] of Object.entries(WRITERS)) {
    test(writer, async () => {
      const dice = new Dice(writer.length);
      const [plain, ...others] = Object.values(DISGUISES);
      const before = contentsOf(inputs);
      for (const { path, files } of recordings) {
        for (const file of files) {
          // Its own seal is what `seal` writes: there it needs --force.
          if (writer === "seal --out" && file.endsWith(".seal")) continue;
          for (const disguise of [plain, others[dice.below(others.length)]]) {
            const target = disguise?.(file) ?? file;
            await refused(args(path, target));
            await refused([...args(path, target), "--force"]);
            rmSync(elsewhere, { recursive: true });
            mkdirSync(elsewhere);
          }
          expect([file, contentsOf(inputs)]).toEqual([file, before]);
        }
      }
    });
  }

  test("keys, rigs, seals, labels, defects and proofs are inputs", async () => {
    const at = (name: string): string => join(folder, name);
    for (const [args, flag] of [
      [["check", at("other.mcap"), "--seal", at("a.seal"), "--key", at("secret"), "--out", at("secret")], "--out"],
      [["verify", at("other.mcap"), "--seal", at("a.seal"), "--out", at("a.seal")], "--out"],
      [["verify", at("other.mcap"), "--public", at("public.pem"), "--out", at("public.pem")], "--out"],
      [["proof", at("other.mcap"), "--stream", "x", "--frame", "0", "--public", at("public.pem"), "--out", at("public.pem")], "--out"],
      [["proof", "--check", at("proof.json"), "--out", at("proof.json")], "--out"],
      [["proof", "--check", at("proof.json"), "--key", at("secret"), "--out", at("secret")], "--out"],
      [["seal", at("other.mcap"), "--key", at("secret"), "--out", at("secret")], "--out"],
      [["seal", at("other.mcap"), "--sign", at("private.pem"), "--embed", at("private.pem")], "--embed"],
      [["simulate", "--faults", at("faults.yaml"), "--out", at("faults.yaml")], "--out"],
      [["simulate", "--faults", at("faults.yaml"), "--out", at("new.mcap"), "--truth", at("faults.yaml")], "--truth"],
    ] as const) {
      const target = args[args.indexOf(flag) + 1] ?? "";
      expect(await refusedForGood(args)).toBe(`${flag} ${target}: expected a file of its own, got an input (${target})`);
    }
    const rig = ["check", at("other.mcap"), "--rig", at("rig.yaml")];
    expect(await refusedForGood([...rig, "--cost", at("rig.yaml")])).toContain("got an input");
  });
});

describe("what belongs to an input stays as it is, also when it is reached from elsewhere", () => {
  const at = (...names: readonly string[]): string => join(folder, "reached", ...names);
  beforeAll(() => {
    for (const path of ["drive/cam/0.png", "far/1.png", "far/x.db3", "far/x.db3-wal", "farther/2.png"]) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), path);
    }
    symlinkSync(at("far/1.png"), at("drive/cam/1.png"));
    symlinkSync(at("far/x.db3"), at("drive/x.db3"));
    symlinkSync(at("farther"), at("drive/more"));
    // In a circle.
    symlinkSync(at("drive"), at("farther/back"));
    linkSync(at("far/x.db3-wal"), at("hard"));
  });

  test.each([
    ["a file a link in the folder leads to", "far/1.png", "one inside an input"],
    ["a file of a folder a link in the folder leads to", "farther/2.png", "one inside an input"],
    ["a new file there", "farther/new", "one inside an input"],
    ["a new file in the folder", "drive/report.json", "one inside an input"],
    ["a new file further down", "drive/cam/report.json", "one inside an input"],
    ["the journal of a file a link leads to", "far/x.db3-wal", "the journal of a file inside an input"],
    ["a journal that is not there yet", "far/x.db3-journal", "the journal of a file inside an input"],
  ])("%s", async (_, target, claim) => {
    for (const [flag, more] of [["--out"], ["--cost"], ["--out", "--cost"]] as const) {
      const args = ["check", at("drive"), flag, at(target), ...(more ? [more, at("another")] : [])];
      expect(await refusedForGood(args)).toBe(`${flag} ${at(target)}: expected a file of its own, got ${claim} (${at("drive")})`);
    }
  });

  test("another name of a journal", async () => {
    expect(await refusedForGood(["check", at("far/x.db3"), "--out", at("hard")])).toContain("the journal of an input");
  });

  test("a link that lies inside, wherever it leads", async () => {
    symlinkSync(at("outside"), at("drive/cam/outward"));
    expect(await refusedForGood(["check", at("drive"), "--out", at("drive/cam/outward")])).toContain("one inside an input");
  });

  test("both files that a way over a link and back may mean", async () => {
    mkdirSync(at("far/deep"));
    symlinkSync(at("far/deep"), at("deep"));
    for (const path of ["y.mcap", "far/y.mcap"]) writeFileSync(at(path), path);
    const input = `${at("deep")}/../y.mcap`;
    for (const target of [at("y.mcap"), at("far/y.mcap"), input]) {
      expect(await refusedForGood(["check", input, "--out", target])).toContain(`got an input (${input})`);
    }
    expect(await refusedForGood(["check", at("far"), "--out", `${at("deep")}/../new.json`])).toContain("one inside an input");
  });

  test("a link that leads to a new file inside", async () => {
    symlinkSync(at("drive/cam/new"), at("dangling"));
    expect(await refusedForGood(["check", at("drive"), "--out", at("dangling")])).toContain("one inside an input");
  });

  test("the folder's seal, for anything but a seal; and any seal by what is in it", async () => {
    expect(await refusedForGood(["check", at("drive"), "--out", `${at("drive")}.seal`])).toContain("the place of the seal of drive");
    const [a, b] = [join(folder, "other.mcap"), join(folder, "sealed.mcap")];
    expect(await refusedForGood(["check", a, "--out", `${b}.seal`])).toContain("the place of the seal of sealed.mcap");
    expect(await refusedForGood(["seal", a, "--embed", `${b}.seal`])).toContain("the place of the seal of sealed.mcap");
    expect(await refusedForGood(["check", a, "--out", join(folder, "a.seal")])).toContain("got a seal");
    expect(await refusedForGood(["simulate", "--out", join(folder, "a.seal")])).toContain("got a seal");
  });

  test("journals, the truth and the metadata that are not there yet", async () => {
    const bag = at("far/x.db3");
    for (const name of ["x.db3-shm", "metadata.yaml"]) await refusedForGood(["check", bag, "--out", at("far", name)]);
    await refusedForGood(["check", join(folder, "other.mcap"), "--out", join(folder, "other.truth.json")]);
  });

  test("two outputs are two files", async () => {
    const [a, x, y] = [join(folder, "other.mcap"), at("x"), at("y")];
    const twin = (flag: string, other: string) => `${flag} ${x}: expected a file of its own, got one that is also written (${other})`;
    expect(await refusedForGood(["check", a, "--out", x, "--cost", x])).toBe(twin("--cost", "--out"));
    expect(await refusedForGood(["seal", a, "--out", x, "--embed", x])).toBe(twin("--embed", "--out"));
    expect(await refusedForGood(["simulate", "--out", x, "--truth", x])).toBe(twin("--truth", "--out"));
    symlinkSync("x", y);
    expect(await refusedForGood(["check", a, "--out", x, "--cost", y])).toContain("also written (--out)");
  });
});

describe("a file that is there", () => {
  const at = (...names: readonly string[]): string => join(folder, "there", ...names);
  const good = at("good.mcap");
  const kitti = at("kitti");
  const proof = ["proof", good, "--stream", "/camera", "--frame", "1"];
  const small = ["simulate", "--seconds", "0.3", "--lidar", "8x90", "--camera", "none"];
  /** The flag comes last. */
  const writers: Readonly<Record<string, readonly string[]>> = {
    report: ["check", good, "--out"],
    "report of several": ["check", good, good, "--out"],
    verified: ["verify", good, "--out"],
    cost: ["check", good, "--cost"],
    proof: [...proof, "--out"],
    "answer of a proof": ["proof", "--check", at("checked.json"), "--out"],
    rig: ["rig", "learn", good, "--out"],
    seal: ["seal", good, "--out"],
    copy: ["seal", good, "--out", at("beside.seal"), "--embed"],
    drive: [...small, "--truth", at("beside.json"), "--out"],
    truth: [...small, "--out", at("beside.mcap"), "--truth"],
  };

  const run = async (...args: readonly string[]): Promise<readonly [number, readonly string[]]> => {
    const { code, said } = await inProcess(args);
    return [code, said];
  };
  const ok = async (...args: readonly string[]): Promise<void> => {
    const [code, said] = await run(...args);
    // What was learnt from one run, and that not clean, is told.
    expect([args, code, said.filter((line) => !line.includes("learnt"))]).toEqual([args, 0, []]);
  };

  beforeAll(async () => {
    mkdirSync(at());
    await writeSample(good, { frames: 3 });
    writeFileSync(`${good}.seal`, (await seal(good)).bytes);
    for (const i of [0, 1, 2]) {
      mkdirSync(join(kitti, "velodyne/0000"), { recursive: true });
      writeFileSync(join(kitti, `velodyne/0000/00000${i}.bin`), new Uint8Array(160));
    }
    await ok(...proof, "--out", at("checked.json"));
  });
  afterEach(() => {
    for (const name of ["beside.seal", "beside.json", "beside.mcap", "beside.truth.json"]) rmSync(at(name), { force: true });
  });

  test("is replaced by the same command, in whatever format it was written", async () => {
    for (const format of ["text", "json", "ndjson", "sarif", "junit", "text"]) {
      await ok("check", good, "--checks", "time/rate", "--format", format, "--out", at("report"), "--cost", at("cost"));
      await ok("check", good, good, "--checks", "time/rate", "--format", format, "--out", at("report"), "--cost", at("cost"));
      await ok("verify", good, "--format", format, "--out", at("report"));
    }
    expect(readFileSync(at("report"), "utf8")).toMatch(/^PASS {2}good\.mcap: /m);
    for (const format of ["json", "sarif", "junit"]) {
      for (const _ of [1, 2]) expect((await run("check", at("a"), at("b"), "--format", format, "--out", at("none")))[0]).toBe(3);
    }
    for (const _ of [1, 2]) {
      await ok(...proof, "--out", at("proof.json"));
      await ok("proof", "--check", at("checked.json"), "--out", at("proof.txt"));
      await ok(...small, "--out", at("drive.mcap"));
    }
  });

  test("is replaced when it is empty: so says mktemp", async () => {
    for (const [name, args] of Object.entries(writers)) {
      writeFileSync(at("empty"), "");
      await ok(...args, at("empty"));
      expect([name, readFileSync(at("empty")).length > 0]).toEqual([name, true]);
    }
  });

  test("is not replaced when it is anything else, unless --force says so", async () => {
    await ok("check", good, "--out", at("report"));
    const foreign: Readonly<Record<string, string | Uint8Array>> = {
      notes: "PASS  all of it\nask Ann about the second lidar\n",
      "somebody's JSON": '{ "schema": "somebody/1", "recording": "x" }\n',
      "a recording": readFileSync(good),
      "a simulated drive with a seal inside": await sealedDrive(),
      "a report with a note under it": `${readFileSync(at("report"), "utf8")}\nthe gap is the tunnel\n`,
      "an edited rig": "schema: plumbline.rig/1\nstreams: []\n",
    };
    for (const [name, args] of Object.entries(writers)) {
      for (const [what, content] of Object.entries(foreign)) {
        writeFileSync(at("theirs"), content);
        const [code, said] = await run(...args, at("theirs"));
        expect([name, what, code, said.length]).toEqual([name, what, 2, 1]);
        expect(said[0]).toMatch(/theirs: expected a new file.*, got a file that is there already; --force replaces it$/);
        expect(readFileSync(at("theirs"))).toEqual(Buffer.from(content));
      }
      await ok(...args, at("theirs"), "--force");
      expect(readFileSync(at("theirs"))).not.toEqual(Buffer.from(foreign["an edited rig"] ?? ""));
    }
  });

  async function sealedDrive(): Promise<Uint8Array> {
    await ok(...small, "--out", at("beside.mcap"));
    await ok("seal", at("beside.mcap"), "--out", at("beside.seal"), "--embed", at("sealed-drive.mcap"));
    for (const name of ["beside.mcap", "beside.truth.json", "beside.seal"]) rmSync(at(name));
    return readFileSync(at("sealed-drive.mcap"));
  }

  test("is not replaced when it was made for another purpose", async () => {
    await ok("check", good, "--out", at("report"), "--cost", at("cost"));
    await ok(...small, "--out", at("drive.mcap"));
    for (const [flag, path] of [
      ["--cost", "report"],
      ["--out", "cost"],
      ["--out", "checked.json"],
      ["--out", "drive.mcap"],
      ["--out", "drive.truth.json"],
    ] as const) {
      expect((await run("check", good, flag, at(path)))[0]).toBe(2);
    }
  });

  test("is not replaced when it is write-protected, unless --force says so", async () => {
    await ok("check", good, "--out", at("protected"));
    chmodSync(at("protected"), 0o444);
    const [code, said] = await run("check", good, "--out", at("protected"));
    expect([code, said]).toEqual([2, [`--out ${at("protected")}: write-protected; --force replaces it`]]);
    await ok("check", good, "--out", at("protected"), "--force");
    expect(statSync(at("protected")).mode & 0o777).toBe(0o444);
  });

  test("and is a rig: it is replaced until somebody has changed it", async () => {
    const rig = at("learnt.yaml");
    for (const _ of [1, 2]) await ok("rig", "learn", good, "--out", rig);
    const learnt = readFileSync(rig, "utf8");
    expect(learnt).toMatch(/\n# As learnt \([0-9a-f]{16}\): [^\n]*\n$/);
    await ok("check", good, "--rig", rig);
    for (const changed of [learnt.replace("required: true", "required: false"), `${learnt}# ours\n`, `# ours\n${learnt}`]) {
      writeFileSync(rig, changed);
      expect((await run("rig", "learn", good, "--out", rig))[0]).toBe(2);
      expect(readFileSync(rig, "utf8")).toBe(changed);
    }
    await ok("rig", "learn", good, "--out", rig, "--force");
    expect(readFileSync(rig, "utf8")).toBe(learnt);
  });

  test("a folder's rig has its place in the folder, as long as there is none; its seal lies beside", async () => {
    const rig = join(kitti, "rig.yaml");
    await refusedForGood(["rig", "learn", kitti, "--out", join(kitti, "velodyne", "rig.yaml")]);
    await refusedForGood(["rig", "learn", kitti, "--out", join(kitti, "other.yaml")]);
    await refusedForGood(["check", kitti, "--out", rig]);
    await ok("rig", "learn", kitti, "--out", rig);
    await refusedForGood(["rig", "learn", kitti, "--out", rig]);
    await ok("seal", kitti);
    expect(readdirSync(at()).filter((name) => name.endsWith(".seal"))).toEqual(["good.mcap.seal", "kitti.seal"]);
    // From within, too.
    rmSync(`${kitti}.seal`);
    for (const path of [".", ".."]) {
      const cwd = path === ".." ? join(kitti, "velodyne") : kitti;
      expect((await plumbline(["seal", path, "--force"], { cwd })).code).toBe(0);
      expect((await plumbline(["verify", path], { cwd })).code).toBe(0);
      rmSync(`${kitti}.seal`);
    }
    expect(readdirSync(kitti).sort()).toEqual(["rig.yaml", "velodyne"]);
  });
});

describe("where the shell has sent the streams", () => {
  const at = (name: string): string => join(folder, "streams", name);
  beforeAll(async () => {
    mkdirSync(join(at("drive"), "velodyne/0000"), { recursive: true });
    writeFileSync(join(at("drive"), "velodyne/0000/000000.bin"), new Uint8Array(160));
    await writeSample(at("a.mcap"), { frames: 3 });
    linkSync(at("a.mcap"), at("hard"));
  });

  test.each([
    "check a.mcap >> a.mcap",
    "check a.mcap 1<> a.mcap",
    "info a.mcap >> hard",
    "check a.mcap --out /dev/stdout >> a.mcap",
    "info drive >> drive/velodyne/0000/000000.bin",
    "check a.mcap >> a.mcap 2>&1",
    "verify a.mcap 2>> a.mcap",
  ])("plumbline %s", async (line) => {
    const before = contentsOf(at("."));
    const { code, stderr } = await shell(`plumbline ${line}`, { cwd: at(".") });
    expect(code).toBe(2);
    if (!line.includes("2>")) expect(stderr).toMatch(/^plumbline: [^\n]*expected a file of its own, got [^\n]*\n$/);
    expect(contentsOf(at("."))).toEqual(before);
  });

  test.each([">", ">>"])(
    "a log that is written on (%s) is no target: what it held stays, what follows comes behind",
    async (redirection) => {
      writeFileSync(at("log"), "");
      const lines = "echo before; plumbline check a.mcap --out /dev/stdout; echo behind";
      expect((await shell(`{ ${lines}; } ${redirection} log`, { cwd: at(".") })).code).toBe(0);
      expect(readFileSync(at("log"), "utf8")).toMatch(/^before\na\.mcap {2}mcap, .*\nPASS {2}a\.mcap: [^\n]*\nbehind\n$/s);
    },
  );

  test("a pipe is written to", async () => {
    const { code } = await shell(`mkfifo pipe && { cat pipe > got & plumbline check a.mcap --format json --out pipe; wait; }`, {
      cwd: at("."),
    });
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(at("got"), "utf8"))).toMatchObject({ recording: { name: "a.mcap" } });
  });
});
