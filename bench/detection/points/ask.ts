/** Hands three sweeps to points/sweep-timing as a reader would, and says what it found. */

import type { Context } from "../../../src/check/check.ts";
import { seenOf } from "../../../src/check/table.ts";
import { sweepTiming } from "../../../src/checks/points/sweep-timing.ts";
import { FIELD_BYTES } from "../../../src/columns/point-fields.ts";
import { loadKernels } from "../../../src/kernels.ts";
import type { Block, PointTable, StreamCensus, StreamInfo } from "../../../src/types.ts";
import type { Handed } from "./faults.ts";

const SWEEPS = 3;
const PERIOD_NS = 100_000_000n;
const START_NS = 1_700_000_000_000_000_000n;
const kernels = await loadKernels();

export interface Answer {
  readonly status: string;
  readonly reason?: string;
  readonly kinds: readonly string[];
}

export function ask({ cloud, time = "f32", perSecond = 1, isAbsolute = false, stated, rig, stampS = 0 }: Handed): Answer {
  kernels.release();
  const timeAt = 12;
  const ringAt = timeAt + FIELD_BYTES[time];
  const stride = ringAt + 2;
  const count = cloud.t.length;
  const stampNs = (frame: number): bigint => START_NS + BigInt(frame) * PERIOD_NS + BigInt(Math.round(stampS * 1e9));
  const tables = Array.from({ length: SWEEPS }, (_, frame): PointTable => {
    const view = new DataView(new ArrayBuffer(stride * count));
    for (let i = 0; i < count; i++) {
      const at = stride * i;
      view.setFloat32(at, cloud.x[i] ?? 0, true);
      view.setFloat32(at + 4, cloud.y[i] ?? 0, true);
      view.setFloat32(at + 8, cloud.z[i] ?? 0, true);
      const since = cloud.t[i] ?? 0;
      const isZero = Number.isNaN(since);
      const startNs = isAbsolute ? START_NS + BigInt(frame) * PERIOD_NS : 0n;
      if (time === "i64") view.setBigInt64(at + timeAt, isZero ? 0n : startNs + BigInt(Math.round(since * 1e9)), true);
      else {
        const value = isZero ? 0 : (isAbsolute ? Number(startNs) / 1e9 + since : since - stampS) * perSecond;
        if (time === "u32") view.setUint32(at + timeAt, Math.round(value), true);
        else if (time === "f64") view.setFloat64(at + timeAt, value, true);
        else view.setFloat32(at + timeAt, value, true);
      }
      view.setUint16(at + ringAt, cloud.laser[i] ?? 0, true);
    }
    const fields = [
      ...(["x", "y", "z"] as const).map((name, d) => ({ name, offset: 4 * d, type: "f32" as const })),
      { name: "t", offset: timeAt, type: time },
      ...(cloud.isNamed ? [{ name: "ring", offset: ringAt, type: "u16" as const }] : []),
    ];
    const pointer = kernels.put(new Uint8Array(view.buffer));
    return { frame, count, pointer, stride, bigEndian: false, fields, ...(stated && { time: { field: "t", unit: stated } }) };
  });
  const info = {
    id: "/lidar",
    kind: "points",
    type: "points",
    stamps: "sensor",
    sequenced: false,
    ...(rig && { rig: { id: "/lidar", ...rig } }),
  };
  const frames = { count: SWEEPS, stampNs: BigInt64Array.from(tables, ({ frame }) => stampNs(frame)) };
  const block = { stream: 0, frames, points: tables, malformed: [] } as unknown as Block;
  const stream = info as StreamInfo;
  const summary = sweepTiming.observe(block, { kernels, options: {}, stream, seen: seenOf([stream], {}, kernels), leaves: null });
  const census = { info, frames: SWEEPS } as unknown as StreamCensus;
  const { status, reason, defects } = sweepTiming.answer(summary, census, {} as Context, {});
  return { status, ...(reason && { reason }), kinds: defects.map(({ kind }) => kind) };
}
