/**
 * The two commands of this project, on a fresh clone with npm and any Node >= 20: sets up what is missing, then runs.
 *
 *   node scripts/run.mjs start [ARGS]   the command line tool; without arguments it simulates a drive and validates it
 *   node scripts/run.mjs test [ARGS]    the tests; ARGS go to vitest, `--long` adds the slow ones
 *   node scripts/run.mjs fuzz [ARGS]    mutated recordings against the library and the command; --help says more
 *   node scripts/run.mjs build          dist/, from installed dependencies
 *   node scripts/run.mjs native         the C++ kernels of native/
 *   node scripts/run.mjs bench NAME     a benchmark with its peers: installs bench/ and builds native/ first
 *
 * Set-up is by content: dependencies follow package-lock.json, the kernels follow their sources, so a second run
 * finds nothing to do. Only Node's own modules here: nothing is installed yet when this starts.
 */
import { bench } from "./setup/bench.mjs";
import { setUpChromium, setUpFirefox } from "./setup/browsers.mjs";
import { setUpBundle } from "./setup/bundle.mjs";
import { dependenciesAreReady, installDependencies } from "./setup/dependencies.mjs";
import { buildKernels, kernelsAreBuilt } from "./setup/kernels.mjs";
import { withLock } from "./setup/lock.mjs";
import { buildNative } from "./setup/native.mjs";
import { fetchNode, findNode } from "./setup/node.mjs";
import { SetupError, say } from "./setup/process.mjs";
import { build, runFuzz, runTests, start } from "./setup/tasks.mjs";

/** Dependencies first: `npm ci` empties node_modules, where the fetched Node lies. */
async function setUp() {
  if (dependenciesAreReady() && findNode() && kernelsAreBuilt()) return;
  await withLock(() => {
    if (!dependenciesAreReady()) installDependencies();
    if (!findNode()) fetchNode();
    if (!kernelsAreBuilt()) buildKernels();
  });
}

const [task, ...args] = process.argv.slice(2);
try {
  if (task === "start") {
    await setUp();
    await setUpBundle();
    process.exitCode = await start(args);
  } else if (task === "test") {
    await setUp();
    await setUpChromium();
    if (args.includes("--long")) await setUpFirefox();
    process.exitCode = await runTests(args);
  } else if (task === "fuzz") {
    await setUp();
    await setUpBundle();
    process.exitCode = await runFuzz(args);
  } else if (task === "build") {
    if (!kernelsAreBuilt()) await withLock(() => kernelsAreBuilt() || buildKernels());
    await build();
  } else if (task === "native") {
    await setUp();
    buildNative();
  } else if (task === "bench") {
    await setUp();
    process.exitCode = await bench(args);
  } else {
    throw new SetupError(`expected start, test, fuzz, build, native or bench, got ${task ?? "nothing"}`);
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
