#!/usr/bin/env node
/** The command `plumbline`. Only the guard is here: nothing else loads before the runtime is known to be new enough. */
import module from "node:module";
import { nodeProblem } from "./node-version.ts";

const problem = nodeProblem(process.versions.node);
if (problem === null) {
  // Threads do as this says. Where there is nowhere to write there is no cache.
  const { directory } = module.enableCompileCache();
  if (directory) process.env["NODE_COMPILE_CACHE"] ??= directory;
  const { run } = await import("./program.ts");
  await run(process.argv);
} else {
  process.stderr.write(`plumbline: ${problem}\n`);
  process.exitCode = 2;
}
