/** The thread the engine works in: one job after another. What a job needs is loaded when it is asked for. */
import { parentPort } from "node:worker_threads";
import type { Cost } from "../node/run.ts";
import type { Seal } from "../seal/seal.ts";
import type { Following, FromEngine, JobName, Jobs, SealDone, SealJob, SentError, ToEngine } from "./jobs.ts";

const jobs: { readonly [Name in JobName]: (task: Jobs[Name]["task"], following: Following<Name>) => Promise<Jobs[Name]["result"]> } = {
  async check({ path, options }, following) {
    const { check } = await import("../node/check.ts");
    let cost: Cost | null = null;
    const onCost = (of: Cost): void => {
      cost = of;
    };
    const report = await check(path, { ...options, ...following, onCost });
    return { report, cost };
  },

  seal: sealAll,

  async simulate(task, following) {
    const { simulate } = await import("../node/simulate.ts");
    return simulate({ ...task, ...following });
  },
};

/** All that is made of the recording is made of the one that was there at first, or not at all. */
async function sealAll({ path, options, out, embed, partBytes }: SealJob, following: Following<"seal">): Promise<SealDone> {
  const { describeInput } = await import("../node/input.ts");
  const { seal } = await import("../node/seal.ts");
  const recording = describeInput(path, options);
  const { seal: made, bytes, damages } = await seal(path, { ...options, ...following });
  following.signal.throwIfAborted();
  const { writeFiles } = await import("../node/output.ts");
  await writeFiles({ beside: out, copy: embed ?? undefined }, async ({ beside, copy }) => {
    await beside.write(bytes);
    if (copy) await (await import("../node/embedded-seal.ts")).embedSeal(recording, copy, bytes, lastStamp(made));
  });
  const checksums = partBytes === null ? [] : await (await import("../node/s3.ts")).s3Checksums(recording, partBytes);
  const { streams, algorithm, keyed, signature, root } = made;
  const frames = streams.reduce((sum, stream) => sum + stream.frames, 0);
  const about = { frames, streams: streams.length, algorithm, keyed, signed: signature !== null, root };
  return { bytes: bytes.length, damages, about, checksums };
}

function lastStamp(seal: Seal): bigint {
  let last: bigint | null = null;
  for (const { stampNs } of seal.streams) for (const stamp of stampNs) if (last === null || stamp > last) last = stamp;
  return last ?? 0n;
}

function listen(port: NonNullable<typeof parentPort>): void {
  const say = (message: FromEngine): void => port.postMessage(message);
  let cancelled = new AbortController();
  port.on("message", (message: ToEngine) => {
    if (message.type === "cancel") {
      cancelled.abort();
      return;
    }
    cancelled = new AbortController();
    const following = { signal: cancelled.signal, onProgress: (progress: never) => say({ type: "progress", progress }) };
    const job = jobs[message.job] as (task: unknown, following: unknown) => Promise<Jobs[JobName]["result"]>;
    job(message.task, following).then(
      (result) => say({ type: "done", result }),
      (error: unknown) => say({ type: "error", error: sent(error) }),
    );
  });
}

function sent(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack, code, syscall, path } = error as NodeJS.ErrnoException;
  return { name, message, stack, code, syscall, path };
}

if (parentPort) listen(parentPort);
