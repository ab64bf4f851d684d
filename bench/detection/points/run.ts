/**
 * What points/sweep-timing catches and names: every fault on every cloud, seeded, and every cloud as it may rightly look.
 *
 * Clouds are recorded ones of ../shared/data (Argoverse 2, Newer College, packets of Ouster, Velodyne and Hesai sensors) and simulated drives. One
 * part was there when thresholds were set, the other is scored. Each question is three sweeps 0.1 s apart of which the fault is in all.
 *
 *   npm run bench:points -- [--seeds 3] [--shared ../shared/data] [--verbose]
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { randomStream } from "../../../src/simulate/random.ts";
import { ask } from "./ask.ts";
import { type Cloud, CloudBuilder } from "./cloud.ts";
import { FAULTS, type Fault, VARIANTS } from "./faults.ts";
import { hesai, ouster, vlp16 } from "./packets.ts";
import { simulated, sweepsOf } from "./recordings.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "3" },
    shared: { type: "string", default: join(root, "../shared/data") },
    verbose: { type: "boolean" },
  },
});
const lidar = (path: string): string => join(values.shared, "2-lidar", path);

function newerCollege(name: string, file: string): Cloud {
  const [points, times] = [file, "times_00.bin"].map((one) => readFileSync(lidar(`newer-college-deskew/${one}`))) as [Buffer, Buffer];
  const cloud = new CloudBuilder(name, "clockwise");
  for (let i = 0; 4 * i < times.length; i++) {
    cloud.add(points.readFloatLE(12 * i), points.readFloatLE(12 * i + 4), points.readFloatLE(12 * i + 8), times.readFloatLE(4 * i), 0);
  }
  return cloud.done(false);
}

const isThere = existsSync(lidar(""));
if (!isThere) console.error(`${lidar("")}: not there, recorded clouds are left out`);
const nebula = (path: string): string => lidar(`nebula-packets/${path}_0.db3`);
const pcap = (name: string): readonly [string, string] => [lidar(`ouster-pcap/${name}.pcap`), lidar(`ouster-pcap/${name}.json`)];
const av2 = isThere ? await sweepsOf("Argoverse 2", lidar("av2/7fab2350"), [0, 1], 1e9) : [];
const halves: Readonly<Record<string, readonly Cloud[]>> = {
  "tuned on": [
    ...av2.slice(0, 1),
    ...(isThere ? [newerCollege("Newer College, raw", "raw_00.bin"), newerCollege("Newer College, deskewed", "deskewed_00.bin")] : []),
    ...(await simulated(3, "32x1024", [10, 60])),
  ],
  scored: [
    ...av2.slice(1),
    ...(isThere
      ? [
          ouster("Ouster OS-1-32", ...pcap("OS-1-32-G_v2.1.1_1024x10")),
          ouster("Ouster OS-0-128", ...pcap("OS-0-128-U1_v2.3.0_1024x10")),
          vlp16("Velodyne VLP-16", nebula("vlp16/1673400471837873222/1673400471837873222")),
          hesai("Hesai XT16", nebula("xt16/1732848127890747768/1732848127890747768"), 16, 8, 50e-6, 3.024e-6),
          hesai("Hesai QT64", nebula("qt64/1673401195788312575/1673401195788312575"), 64, 4, 166.67e-6, 2.8e-6),
        ]
      : []),
    ...(await simulated(11, "16x1800", [5, 40])),
    ...(await simulated(12, "64x900", [5, 40])),
    ...(await simulated(13, "128x512", [20])),
  ],
};

interface Score {
  asked: number;
  caught: number;
  named: number;
}
const results: Record<string, unknown> = {};
for (const [half, clouds] of Object.entries(halves)) {
  const scores = new Map<string, Score>();
  const losers: string[] = [];
  const put = (cloud: Cloud, fault: Fault, seed: number): void => {
    const handed = fault.make(cloud, randomStream(seed, `${cloud.name} ${fault.name}`));
    if (!handed) return;
    const answer = ask(handed);
    const score = scores.get(fault.name) ?? { asked: 0, caught: 0, named: 0 };
    const kinds = [...new Set(answer.kinds)];
    score.asked++;
    if (kinds.length > 0) score.caught++;
    if (kinds.length === 1 && kinds[0] === fault.kind) score.named++;
    const isRight = fault.kind === null ? kinds.length === 0 : kinds[0] === fault.kind;
    if (!isRight) losers.push(`${cloud.name}: ${fault.name}: ${kinds.join(", ") || answer.reason || "nothing said"}`);
    else if (fault.kind === null && answer.status !== "pass") losers.push(`${cloud.name}: ${fault.name}: not judged: ${answer.reason}`);
    scores.set(fault.name, score);
  };
  for (const cloud of clouds) {
    for (let seed = 0; seed < Number(values.seeds); seed++) for (const fault of FAULTS) put(cloud, fault, seed);
    for (const variant of VARIANTS) put(cloud, variant, 0);
  }
  const sum = (faults: readonly Fault[]): Score => {
    const own = faults.flatMap(({ name }) => scores.get(name) ?? []);
    const all = (of: (score: Score) => number): number => own.reduce((total, score) => total + of(score), 0);
    return { asked: all(({ asked }) => asked), caught: all(({ caught }) => caught), named: all(({ named }) => named) };
  };
  const strong = FAULTS.filter(({ isMild }) => !isMild);
  const total = sum(strong);
  const good = sum(VARIANTS);
  console.log(`\n${half}: ${clouds.map(({ name, t }) => `${name} (${t.length})`).join("; ")}`);
  for (const { name, isMild } of FAULTS) {
    const { asked, caught, named } = scores.get(name) ?? { asked: 0, caught: 0, named: 0 };
    console.log(
      `  ${name.padEnd(36)} ${String(caught).padStart(3)} caught, ${String(named).padStart(3)} named of ${asked}${isMild ? " (mild, not counted)" : ""}`,
    );
  }
  console.log(
    `  faults: ${total.caught} caught, ${total.named} named of ${total.asked}: ${((100 * total.named) / total.asked).toFixed(2)} %`,
  );
  console.log(`  good clouds: ${good.caught} accused of ${good.asked}`);
  if (values.verbose || losers.length < 40) for (const line of losers) console.log(`    ${line}`);
  results[half] = {
    clouds: clouds.map(({ name, t }) => ({ name, points: t.length })),
    faults: Object.fromEntries(scores),
    total,
    good,
    losers,
  };
}
const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).stdout.trim();
const machine = { cpu: cpus()[0]?.model ?? "", node: process.version, commit, seeds: Number(values.seeds) };
writeFileSync(join(root, "bench/results/points.json"), `${JSON.stringify({ machine, results }, null, 2)}\n`);
