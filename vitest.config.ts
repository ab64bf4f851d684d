/**
 * Two projects: `node`, and `browser` in a real Chromium where there is one. Without one, `node` also registers the
 * browser tests' names as skipped. Tests named `*.long.test.ts` run with `npm run test:long`.
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { configDefaults, defineConfig } from "vitest/config";
import { findChromium } from "./scripts/setup/browsers.mjs";
import { setUpBundle } from "./scripts/setup/bundle.mjs";
import { checkLabelsOnNode, checkOnNode, digestsOnNode, readRecording, sealOnNode, verifyOnNode } from "./test/browser/commands.ts";

// The command is tested as it is shipped.
await setUpBundle();
// Threads that tests start load the sources: their types are stripped once.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("./build/compile-cache", import.meta.url));
const chromium = findChromium();
const long = process.env["PLUMBLINE_LONG"] === "1";

/** They end what hangs: no test, on no machine, comes near them. */
const LIMITS = { testTimeout: 300_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    reporters: ["default", "./test/tally.ts"],
    // vitest leaves one core to itself; most of these tests wait for processes and threads.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        test: {
          name: "node",
          // Processes: tests start worker threads of their own, which run .ts files by Node's own type stripping.
          pool: "forks",
          include: ["test/**/*.test.ts", ...(chromium ? [] : ["test/browser/skipped.ts"])],
          exclude: [...configDefaults.exclude, "test/browser/*.test.ts", ...(long ? [] : ["test/**/*.long.test.ts"])],
          ...LIMITS,
        },
      },
      ...(chromium
        ? [
            {
              // What only the worker imports: found late, it would make the server reload under a running test.
              optimizeDeps: {
                include: ["@foxglove/rosmsg", "@msgpack/msgpack", "protobufjs", "protobufjs/ext/descriptor.js", "saxes", "yaml", "zstddec"],
              },
              test: {
                name: "browser",
                include: ["test/browser/*.test.ts"],
                ...LIMITS,
                browser: {
                  enabled: true,
                  headless: true,
                  screenshotFailures: false,
                  provider: playwright({
                    launchOptions: {
                      executablePath: chromium,
                      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
                    },
                  }),
                  instances: [{ browser: "chromium" as const }],
                  commands: { checkLabelsOnNode, checkOnNode, digestsOnNode, readRecording, sealOnNode, verifyOnNode },
                },
              },
            },
          ]
        : []),
    ],
  },
});
