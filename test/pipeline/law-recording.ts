/** One small recording with every kind of column, and something wrong with each: what the law of splits is tried on. */
import { crc32 } from "node:zlib";
import { quaternion } from "../../src/geometry/rotation.ts";
import type { Kernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import type { Block, ContainerFacts, ImageTable, ImuColumns, PointTable, PoseColumns, StreamInfo, StreamKind } from "../../src/types.ts";
import { blockOf, type Frame, healthy, START_NS } from "../blocks.ts";
import { sweepRoom } from "../room.ts";
import type { Recorded } from "./law.ts";

/** Sweeps, images and label frames: 10 s and a little, for less shows no offset between two streams. */
const FRAMES = 105;
const IMU_PER_FRAME = 4;
const [WIDTH, HEIGHT] = [240, 150];
const STRIDE = 20;
const SPEED = 6;

/** @param clean without any defect: nothing may be accused */
export function lawRecording(kernels: Kernels, { clean = false, seed = 1 } = {}): Recorded {
  const payloads = kernels.put(Uint8Array.from({ length: 1 << 16 }, (_, i) => Math.imul(i, 2654435761) >>> 13));
  const stream = (id: string, kind: StreamKind, frames: Frame[], columns: Partial<Block> = {}, more: Partial<StreamInfo> = {}) => {
    const told =
      clean || kind === "imu" || kind === "pose" || kind === "labels"
        ? frames
        : spoil(frames, `${seed} ${id}`, kind === "points" ? 160 : 80);
    const block = blockOf(told);
    const pointer = Uint32Array.from(told, ({ digest }) => payloads + Number(digest % 50_000n));
    return {
      info: { id, kind, type: kind, stamps: "sensor", sequenced: kind === "bytes", ...more } as StreamInfo,
      block: { ...block, ...columns, frames: { ...block.frames, pointer } },
    };
  };
  const size = { imageSize: { width: WIDTH, height: HEIGHT } };
  return {
    rig: {
      schema: "plumbline.rig/1",
      streams: [
        { id: "/odometry", kind: "pose", rateHz: 20 },
        { id: "/labels", kind: "labels", classes: ["car", "van"] },
      ],
      association: [{ between: ["/lidar", "/camera"], toleranceMs: 30 }],
    },
    facts: (from, to) => factsOf(from, to, clean),
    claims: { crc: { value: crc32(contentOf(0, 3 * FRAMES)), bytes: [0, CONTENT * 3 * FRAMES] } },
    streams: [
      stream("/bytes", "bytes", healthy(3 * FRAMES, { periodMs: 33, bytes: 500 })),
      stream("/camera", "image", healthy(FRAMES, { startNs: START_NS + 4_000_000n }), { images: images(kernels) }, size),
      stream("/imu", "imu", healthy(IMU_PER_FRAME * FRAMES, { periodMs: 100 / IMU_PER_FRAME }), { imu: imu() }),
      stream("/labels", "labels", labels(clean), {}, size),
      stream("/lidar", "points", healthy(FRAMES), { points: points(kernels, clean) }),
      stream("/odometry", "pose", healthy(2 * FRAMES, { periodMs: 50 }), { poses: poses() }),
    ],
  };
}

/** Numbers skipped, repeated and gone back, payloads empty, frozen and malformed, stamps unset, late, twice, and silences. */
function spoil(frames: Frame[], name: string, rarity: number): Frame[] {
  const random = randomStream(7, name);
  let late = 0n;
  let lost = 0;
  return frames.map((frame, i): Frame => {
    const before = frames[i - 1];
    if (frame.bytes < 1000 && random.chance(0.03)) late += 260_000_000n;
    if (random.chance(0.03)) lost += 1 + random.below(3);
    const moved = { ...frame, stampNs: frame.stampNs + late, logNs: frame.logNs + late, sequence: frame.sequence + lost };
    const odd = random.below(rarity);
    if (odd === 0) return { ...moved, stampNs: 0n };
    if (odd === 1) return { ...moved, stampNs: moved.stampNs - 350_000_000n };
    if (odd === 2 && before) return { ...moved, digest: before.digest };
    if (odd === 3) return { ...moved, bytes: 0 };
    if (odd === 4) return { ...moved, malformed: "too short" };
    if (odd === 5) return { ...moved, sequence: moved.sequence - 2 };
    if (odd === 6) return { ...moved, bytes: 9 * frame.bytes };
    if (odd === 7) return { ...moved, stampNs: moved.stampNs + 170_000_000n };
    return moved;
  });
}

/** Bytes of the container that a frame of the first stream stands for. */
const CONTENT = 10;

function contentOf(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: CONTENT * (to - from) }, (_, i) => Math.imul(CONTENT * from + i + 1, 2654435761) >>> 11);
}

/** A function of the frames alone, however they are cut. */
function factsOf(from: number, to: number, clean: boolean): ContainerFacts {
  const frames = Array.from({ length: to - from }, (_, i) => from + i);
  const none = { file: null, stream: null, timeNs: null, observed: {}, expected: {} };
  const damaged = clean ? [] : frames.filter((frame) => frame % 23 === 5);
  return {
    damages: damaged.map((at) => ({ kind: "unreadable", severity: "error", bytes: [CONTENT * at, CONTENT * at + (at % 7)], ...none })),
    regions: { total: frames.length, withChecksum: frames.length, verified: frames.filter((frame) => frame % 3 > 0).length },
    fold: { crc: crc32(contentOf(from, to)), bytes: CONTENT * frames.length },
    lostBytes: damaged.length,
  };
}

/** Where the vehicle is. It turns to and fro, never twice alike. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly heading: number;
  readonly yawRate: number;
}

function yawRateAt(t: number): number {
  return 0.16 * Math.sin(1.9 * t) + 0.2 * Math.sin(3.3 * t + 1) + 0.22 * Math.sin(5.7 * t + 2) + 0.12 * Math.sin(8.1 * t);
}

const MS = 1e-3;
const PLACES: readonly Place[] = (() => {
  const places: Place[] = [];
  let [x, y, heading] = [-30, 0, 0];
  for (let k = 0; k < 110 * FRAMES; k++) {
    const yawRate = yawRateAt(k * MS);
    places.push({ x, y, heading, yawRate });
    x += SPEED * MS * Math.cos(heading);
    y += SPEED * MS * Math.sin(heading);
    heading += yawRate * MS;
  }
  return places;
})();

function placeAt(ms: number): Place {
  return PLACES[ms] as Place;
}

/** Where an object is in the image, and how it looks. */
const OBJECTS = [
  { name: "a", middle: 20, reach: 15, top: 16, look: 1 },
  { name: "b", middle: 100, reach: 12, top: 60, look: 2 },
  { name: "c", middle: 172, reach: 10, top: 38, look: 3 },
] as const;

function boxOf({ middle, reach, top, look }: (typeof OBJECTS)[number], frame: number): readonly [number, number, number, number] {
  const left = middle + reach * Math.sin(frame / 12 + look);
  return [left, top, left + 50, top + 50];
}

/** Textured boxes over a textured ground; the ground turns with the vehicle. */
function images(kernels: Kernels): readonly ImageTable[] {
  return Array.from({ length: FRAMES }, (_, frame) => {
    const pan = 150 * placeAt(100 * frame + 4).heading;
    const pixels = new Uint8Array(WIDTH * HEIGHT);
    const ground = Array.from({ length: WIDTH }, (_, x) => 120 + 15 * Math.sin((x + pan) / 31) + 12 * Math.sin((x + pan) / 13 + 1));
    for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) pixels[y * WIDTH + x] = (ground[x] as number) + 10 * (y & 1);
    for (const one of OBJECTS) {
      const [left, top, right, bottom] = boxOf(one, frame);
      for (let y = top; y < bottom; y++) {
        // Columns of it add up to nothing: the ground alone says how the camera turned.
        const row = 80 * Math.sin((2 * Math.PI * one.look * (y - top)) / (bottom - top));
        for (let x = Math.ceil(left); x < right; x++) {
          pixels[y * WIDTH + x] = (ground[x] as number) + row * Math.sin(((x - left) * (4 - one.look)) / 7 + one.look);
        }
      }
    }
    return { frame, encoding: "mono8", width: WIDTH, height: HEIGHT, step: WIDTH, pointer: kernels.put(pixels), bytes: pixels.length };
  });
}

/**
 * The objects of the image, and cars along the walls of the room, the first four on the way: exchanged, turned about, renamed, of another size or class, beside their pixels, twice, outside.
 * Boxes in three dimensions are in the vehicle's frame.
 */
function labels(clean: boolean): Frame[] {
  return healthy(FRAMES, { startNs: START_NS + 1_000_000n }).map((frame, i) => {
    const at = !clean && (i === 44 || i === 45) ? 89 - i : i;
    const flat = OBJECTS.map((one) => {
      const [left, top, right, bottom] = boxOf(one, at);
      const off = !clean && one.name === "c" && i >= 50 && i < 53 ? -30 : 0;
      return { track: one.name, class: "car", box2d: [left + off, top, right + off, bottom] as const };
    });
    const here = placeAt(100 * at + 1);
    const solid = [0, 1, 2, 3, 4, 5, 6, 7].map((car) => {
      const x = car < 4 ? -40 + 5 * car + (0.52 + 0.04 * car) * at : 12 * (car - 6);
      const dx = x + 0.002 * Math.sin(7 * at + car) - here.x;
      const dy = (car % 2 === 0 ? 11.5 : -11.5) - here.y;
      const [cos, sin] = [Math.cos(here.heading), Math.sin(here.heading)];
      const turned = !clean && car === 1 && i === 60 ? Math.PI : 0;
      const long = !clean && car === 2 && i === 29 ? -4 : 4;
      const kind = !clean && car === 3 && i > 75 && i < 78 ? "tram" : "car";
      const box3d = [cos * dx + sin * dy, cos * dy - sin * dx, -0.9, long, 2.2, 2, turned - here.heading] as const;
      return { track: `car ${car}`, class: kind, box3d };
    });
    const again = !clean && i % 3 === 0 ? solid.slice(0, 1) : [];
    const outside = clean || i % 11 > 1 ? [] : [{ track: "z", class: "van", box2d: [-90, -90, -20, -20] as const }];
    return { ...frame, boxes: [...flat, ...solid, ...again, ...outside] };
  });
}

/** Sweeps of a sensor that drives through a room: x, y, z, seconds since the stamp, laser. */
function points(kernels: Kernels, clean: boolean): readonly PointTable[] {
  return Array.from({ length: FRAMES }, (_, frame) => {
    const sweep = sweepRoom({ seed: frame + 1, ...placeAt(100 * frame), speed: SPEED, lasers: 2, firings: 900 });
    const rows = new DataView(new ArrayBuffer(STRIDE * sweep.length));
    for (const [i, { x, y, z, time, laser }] of sweep.entries()) {
      const isGone = !clean && frame % 30 === 13 && laser === 1;
      for (const [d, value] of [x, y, z].entries()) rows.setFloat32(STRIDE * i + 4 * d, isGone ? 0 : value, true);
      rows.setFloat32(STRIDE * i + 12, !clean && frame % 35 === 17 ? 0.05 : time, true);
      rows.setUint16(STRIDE * i + 16, laser, true);
    }
    const field = (name: string, offset: number, type: "f32" | "u16") => ({ name, offset, type });
    const fields = [field("x", 0, "f32"), field("y", 4, "f32"), field("z", 8, "f32"), field("time", 12, "f32"), field("ring", 16, "u16")];
    const pointer = kernels.put(new Uint8Array(rows.buffer));
    return {
      frame,
      count: sweep.length,
      pointer,
      stride: STRIDE,
      bigEndian: false,
      fields,
      time: { field: "time", unit: "s", reference: "stamp" },
    };
  });
}

function imu(): ImuColumns {
  const n = IMU_PER_FRAME * FRAMES;
  const stepMs = 100 / IMU_PER_FRAME;
  return {
    ...{ count: n, frame: Int32Array.from({ length: n }, (_, i) => i) },
    stampNs: BigInt64Array.from({ length: n }, (_, i) => START_NS + BigInt(i * stepMs) * 1_000_000n),
    angularVelocity: Float64Array.from({ length: 3 * n }, (_, i) => (i % 3 === 2 ? placeAt(((i - 2) / 3) * stepMs).yawRate : 0)),
    linearAcceleration: Float64Array.from({ length: 3 * n }, (_, i) => (i % 3 === 2 ? 9.81 : 0)),
  };
}

function poses(): PoseColumns {
  const n = 2 * FRAMES;
  const places = Array.from({ length: n }, (_, i) => placeAt(50 * i));
  return {
    ...{ count: n, frame: Int32Array.from({ length: n }, (_, i) => i) },
    stampNs: BigInt64Array.from({ length: n }, (_, i) => START_NS + BigInt(i) * 50_000_000n),
    xyz: Float64Array.from(places.flatMap(({ x, y }) => [x, y, 0])),
    quaternion: Float64Array.from(places.flatMap(({ heading }) => quaternion(0, 0, heading))),
  };
}
