/** What `npm start` looks at: 20 s of a simulated drive with six planted defects. Made once, and again when the simulator changes. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, run, say } from "./process.mjs";
import { filesUnder, hashOf } from "./stamp.mjs";

const DRIVE = join(ROOT, "build/drive.mcap");
const STAMP = join(ROOT, "build/.drive-stamp");
const FAULTS = join(ROOT, "scripts/start-faults.yaml");
/** Smaller than the default, so that it takes seconds. */
const SIMULATE = ["simulate", "--lidar", "32x1024", "--camera", "640x352", "--faults", FAULTS, "--out", DRIVE];

function state() {
  return hashOf([...filesUnder("src/simulate"), join(ROOT, "src/geometry/elementary.ts"), FAULTS], SIMULATE.join(" ").replaceAll(ROOT, ""));
}

/**
 * @param node command and arguments that run the command line tool
 * @returns path of the recording
 * @throws SetupError
 */
export function demonstrationDrive([node, ...main]) {
  if (existsSync(DRIVE) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === state()) return DRIVE;
  say("simulating a drive with six planted defects (scripts/start-faults.yaml)");
  mkdirSync(dirname(DRIVE), { recursive: true });
  rmSync(STAMP, { force: true });
  run("simulating a drive", node, [...main, ...SIMULATE]);
  writeFileSync(STAMP, state());
  return DRIVE;
}
