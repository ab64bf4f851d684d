/**
 * The C++ kernels of native/, for benchmarks and conformance: `npm run build:native`. One call of the machine's compiler (GCC 12 or Clang
 * 15 and later); the headers come from npm, so nothing is downloaded and any Node runs the result (Node-API).
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ROOT, run, SetupError, say } from "./process.mjs";

export const BUILT = join(ROOT, "build", "plumbline-native.node");
const FLAGS = [
  "-std=c++20",
  "-O3",
  "-shared",
  "-fPIC",
  "-fvisibility=hidden",
  "-Wall",
  "-Wextra",
  "-DNAPI_VERSION=8",
  "-DNAPI_CPP_EXCEPTIONS",
];

/** @throws SetupError where there is no compiler, or it fails */
export function buildNative() {
  if (process.platform === "win32") throw new SetupError("expected Linux or macOS for the native kernels, got Windows");
  const { resolve } = createRequire(import.meta.url);
  const headers = ["node-addon-api/napi.h", "node-api-headers/include/node_api.h"].flatMap((file) => ["-isystem", dirname(resolve(file))]);
  const folder = join(ROOT, "native");
  const sources = readdirSync(folder).filter((name) => name.endsWith(".cc"));
  // GCC 12's own AVX-512 header sets off the one; Node's symbols are found when the addon is loaded.
  const extra = process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : ["-Wno-maybe-uninitialized"];
  const part = `${BUILT}.${process.pid}`;
  say(`building ${sources.length} files of native/`);
  rmSync(BUILT, { force: true });
  mkdirSync(dirname(BUILT), { recursive: true });
  try {
    run("building native/", process.env["CXX"] ?? "c++", [
      ...FLAGS,
      ...extra,
      ...headers,
      ...sources.map((name) => join(folder, name)),
      "-o",
      part,
    ]);
    renameSync(part, BUILT);
  } finally {
    rmSync(part, { force: true });
  }
}
