/** The package as its users get it: packed, installed into an empty folder, run, imported, type-checked. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { sampleRecording } from "../scripts/write-sample.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const execute = promisify(execFile);

/** npm and what it starts run on the Node of these tests; its settings must not come from the `npm test` around it. */
const env = Object.fromEntries([
  ...Object.entries(process.env).filter(
    ([name]) => !/^npm_(config|package|lifecycle)_/i.test(name) || /registry|cache|userconfig/i.test(name),
  ),
  ["PATH", `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`],
]);

async function run(cwd: string, file: string, ...args: readonly string[]): Promise<string> {
  return (await execute(file, args, { cwd, env, maxBuffer: 1 << 26 })).stdout;
}

let home: string;
let user: string;
let packed: readonly string[];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "plumbline-package-"));
  user = join(home, "user");
  await mkdir(user);
  const list = JSON.parse(await run(root, "npm", "pack", "--json", "--silent", "--pack-destination", home)) as unknown;
  packed = filesOf(list);
  const archive = (await readdir(home)).find((name) => name.endsWith(".tgz")) ?? "";
  await writeFile(join(user, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  await run(user, "npm", "install", join(home, archive), "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error");
  await writeFile(join(user, "sample.mcap"), await sampleRecording());
});

afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

/** `npm pack --json` prints an array; newer versions an object by package name. */
function filesOf(list: unknown): readonly string[] {
  const [first] = Object.values(list as Record<string, { files: { path: string }[] }>);
  return first?.files.map((file) => file.path) ?? [];
}

test("holds the built library, the sources its declarations lead to, the documentation, and nothing else", () => {
  const others = packed.filter((path) => !/^dist\/|^src\/.*\.ts$|^docs\/.*\.(md|svg)$/.test(path));
  expect(others.filter((path) => !["package.json", "README.md", "LICENSE", "CHANGELOG.md"].includes(path))).toEqual([]);
  expect(packed.filter((path) => path.endsWith(".generated.ts"))).toEqual([]);
  expect(packed).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE", "dist/kernels.generated.js"]));
  for (const path of Object.values(manifest.bin)) expect(packed).toContain(path);
  expect(
    packed.filter((path) => path.startsWith("dist/") && !/\.(js|d\.ts|d\.ts\.map)$|^dist\/bundle\/[^/]*\.js\.map$/.test(path)),
  ).toEqual([]);
});

test("every declaration leads to its source", async () => {
  const maps = packed.filter((path) => path.endsWith(".d.ts.map") && !path.includes(".generated."));
  const led = await Promise.all(
    maps.map(async (path) => {
      const { sources } = JSON.parse(await readFile(join(user, "node_modules/plumbline", path), "utf8")) as { sources: string[] };
      return sources.map((source) => posix.join(dirname(path), source));
    }),
  );
  expect(maps.length).toBeGreaterThan(100);
  expect(led.flat().filter((path) => !packed.includes(path))).toEqual([]);
});

test("brings no Node and no development tool", async () => {
  const installed = await readdir(join(user, "node_modules"));
  expect(installed.filter((name) => /^node(-|$)|^(vitest|typescript|assemblyscript|playwright|@biomejs)$/.test(name))).toEqual([]);
});

test("runs as a command", async () => {
  const out = await run(user, join(user, "node_modules/.bin/plumbline"), "--version");
  expect(out.trim()).toBe(manifest.version);
});

test("checks a recording with workers, as a library", async () => {
  await writeFile(
    join(user, "main.js"),
    `import { check, checks } from "plumbline";
     const inline = await check("sample.mcap", { workers: 0 });
     const pool = await check("sample.mcap", { workers: 2, spanBytes: 65536 });
     const json = (value) => JSON.stringify(value, (_, v) => typeof v === "bigint" ? String(v) : v);
     console.log(json({ checks: checks.length, same: json(inline) === json(pool), streams: pool.recording.streams.length, findings: pool.findings.length }));`,
  );
  const { checks, same, streams, findings } = JSON.parse(await run(user, process.execPath, "main.js")) as Record<string, unknown>;
  expect({ same, streams }).toEqual({ same: true, streams: 4 });
  expect(checks).toBeGreaterThan(0);
  expect(findings).toBeGreaterThan(0);
});

const TYPES = {
  nodenext: {
    options: { module: "nodenext", moduleResolution: "nodenext" },
    text: `import { check, type Report } from "plumbline";
           export const report: Promise<Report> = check("drive.mcap", { workers: 2 });
           // @ts-expect-error: a path, not bytes
           void check(new Uint8Array());`,
  },
  browser: {
    options: { module: "esnext", moduleResolution: "bundler", customConditions: ["browser"] },
    text: `import { check, type Report } from "plumbline";
           export const report: Promise<Report> = check(new File([], "drive.mcap"));
           // @ts-expect-error: a file, not a path
           void check("drive.mcap");`,
  },
};

test.each(Object.entries(TYPES))("has types that resolve under %s", async (name, { options, text }) => {
  const folder = join(user, name);
  await mkdir(folder);
  await writeFile(join(folder, "main.ts"), text);
  const compilerOptions = { ...options, target: "es2023", lib: ["es2024", "dom"], types: [], strict: true, noEmit: true };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["main.ts"] }));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const result = await execute(process.execPath, [tsc, "-p", folder], { cwd: user, env }).catch((error: { stdout: string }) => error);
  expect(result.stdout).toBe("");
});
