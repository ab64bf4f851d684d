/** A copy of the project to change files in, and runs of its tests there: as on a bare clone, without recordings beside it. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "../../test/structure/modules.ts";
import { type Mutant, mutated, withProbes } from "./mutants.ts";

/** What a run of vitest is told; see vitest.config.ts. */
export interface Run {
  /** Paths of test files, in the order to run them. */
  readonly tests: readonly string[];
  /** Runs them all, and notes which functions they reach. */
  readonly isBaseline: boolean;
  /** Files that are written. */
  readonly result: string;
  readonly reached: string;
}

/** What it says. */
export interface RunOf {
  readonly tests: readonly { readonly test: string; readonly ms: number; readonly failed: string | null }[];
  readonly errors: number;
}

/** `by` names the test; null where a run died or took too long. */
export type Outcome = { readonly kind: "killed"; readonly by: string } | { readonly kind: "survived" } | { readonly kind: "invalid" };

export interface Baseline {
  /** Tests that pass and how long they take, ms. */
  readonly ms: ReadonlyMap<string, number>;
  readonly failed: readonly string[];
  /** By function ("file#number"): tests that reach it. */
  readonly reached: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What is built from the kernels. */
const KERNELS = ["src/kernels.generated.ts", "src/simulate/kernels.generated.ts"];
const BUILD_MS = 120_000;
/** A run may take so many times what its tests take, and so much more, ms. */
const LONGER = 4;
const SLACK_MS = 40_000;

export class Trial {
  readonly #root: string;
  readonly #folder: string;
  #running: number | null = null;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "plumbline-mutate-"));
    this.#root = join(this.#folder, "plumbline");
    const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
    const files = listed.stdout.split("\0").filter((path) => path !== "");
    if (files.length === 0) throw new Error(`expected a git checkout, got ${listed.stderr || "no files"}`);
    for (const path of [...files, ...KERNELS]) {
      mkdirSync(dirname(join(this.#root, path)), { recursive: true });
      cpSync(join(ROOT, path), join(this.#root, path));
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.#root, "node_modules"));
  }

  /** Ends what runs, and leaves nothing. */
  close(): void {
    if (this.#running !== null) kill(this.#running);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** All tests as they are, with probes in those of the files that are not built. */
  async baseline(tests: readonly string[], files: readonly string[]): Promise<Baseline> {
    if (files.some(needsBuild)) await this.#buildOnce();
    const probed = files.filter((file) => !needsBuild(file));
    for (const file of probed) this.#write(file, withProbes(file, this.#original(file)));
    const { said } = await this.#vitest(tests, true, Number.POSITIVE_INFINITY);
    for (const file of probed) this.#write(file, this.#original(file));
    if (!said) throw new Error("expected the tests to run before anything is changed, got no result");
    const reached = new Map<string, Set<string>>();
    for (const line of readFileSync(this.#path("reached"), "utf8").split("\n").filter(Boolean)) {
      const [path, names] = JSON.parse(line) as [string, string[]];
      for (const name of names) reached.set(name, (reached.get(name) ?? new Set()).add(path.slice(this.#root.length + 1)));
    }
    return {
      ms: new Map(said.tests.filter(({ failed }) => failed === null).map(({ test, ms }) => [test, ms])),
      failed: said.tests.flatMap(({ test, failed }) => (failed === null ? [] : [test])),
      reached,
    };
  }

  /** @param tests in the order to run them, and how long they take, ms */
  async outcomeOf(mutant: Mutant, tests: ReadonlyMap<string, number>): Promise<Outcome> {
    if (tests.size === 0) return { kind: "survived" };
    const isBuilt = needsBuild(mutant.file);
    if (isBuilt) await this.#buildOnce();
    this.#write(mutant.file, mutated(this.#original(mutant.file), mutant));
    try {
      if (isBuilt && !(await this.#build(entriesOf(mutant.file)))) return { kind: "invalid" };
      const most = LONGER * [...tests.values()].reduce((sum, ms) => sum + ms, 0) + SLACK_MS;
      const { said, isLate } = await this.#vitest([...tests.keys()], false, most);
      const first = said?.tests.find(({ failed }) => failed !== null);
      if (first) return { kind: "killed", by: `${first.test}: ${first.failed}` };
      if (isLate) return { kind: "killed", by: `no end after ${Math.round(most / 1000)} s` };
      return said && said.errors === 0 ? { kind: "survived" } : { kind: "killed", by: "a run that breaks off" };
    } finally {
      this.#write(mutant.file, this.#original(mutant.file));
      if (isBuilt) for (const [i, path] of KERNELS.entries()) cpSync(this.#path(`kernels${i}`), join(this.#root, path));
    }
  }

  /** The kernels as they are, built as those with a change will be. */
  async #buildOnce(): Promise<void> {
    if (existsSync(this.#path("kernels0"))) return;
    if (!(await this.#build())) throw new Error("expected the kernels to build before anything is changed");
    for (const [i, path] of KERNELS.entries()) cpSync(join(this.#root, path), this.#path(`kernels${i}`));
  }

  /** @returns whether the sources as they are now compile */
  async #build(entries: readonly string[] = []): Promise<boolean> {
    const { code } = await this.#node([join(this.#root, "scripts/build-wasm.mjs"), "--quick", ...entries], {}, BUILD_MS);
    return code === 0;
  }

  #original(file: string): string {
    return readFileSync(join(ROOT, file), "utf8");
  }

  #write(file: string, text: string): void {
    writeFileSync(join(this.#root, file), text);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  async #vitest(tests: readonly string[], isBaseline: boolean, mostMs: number): Promise<{ said: RunOf | null; isLate: boolean }> {
    const [plan, result, reached] = [this.#path("plan"), this.#path("result"), this.#path("reached")];
    writeFileSync(plan, JSON.stringify({ tests, isBaseline, result, reached } satisfies Run));
    writeFileSync(reached, "");
    rmSync(result, { force: true });
    const vitest = join(this.#root, "node_modules/vitest/vitest.mjs");
    const config = join(this.#root, "scripts/mutate/vitest.config.ts");
    const { isLate } = await this.#node([vitest, "run", "--config", config], { PLUMBLINE_MUTATE: plan }, mostMs);
    try {
      return { said: JSON.parse(readFileSync(result, "utf8")) as RunOf, isLate };
    } catch {
      return { said: null, isLate };
    }
  }

  /** A process group of its own, so that all of it can be ended. */
  #node(args: readonly string[], env: Record<string, string>, mostMs: number): Promise<{ code: number | null; isLate: boolean }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { cwd: this.#root, env: { ...process.env, ...env }, stdio: "ignore", detached: true });
      const { pid } = child;
      this.#running = pid ?? null;
      let isLate = false;
      const timer = Number.isFinite(mostMs)
        ? setTimeout(() => {
            isLate = true;
            if (pid !== undefined) kill(pid);
          }, mostMs)
        : undefined;
      child.on("error", reject);
      child.on("exit", (code) => {
        clearTimeout(timer);
        // Forks that outlive the run.
        if (pid !== undefined) kill(pid);
        this.#running = null;
        resolve({ code, isLate });
      });
    });
  }
}

/** Kernels, and what is compiled into them. */
export function needsBuild(file: string): boolean {
  return file.startsWith("assembly/") || file === "src/abi.ts";
}

/** The module of kernels that a file is part of; none where it may be part of both. */
function entriesOf(file: string): readonly string[] {
  if (file.startsWith("assembly/simulate/")) return ["assembly/simulate/index.ts"];
  return /^assembly\/(labels|points|time)\//.test(file) ? ["assembly/index.ts"] : [];
}

function kill(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
