/** Boxes of four objects over two seconds, in pixels and in metres: what every label format's sample holds. */
import { randomStream } from "../house.ts";

export interface Box {
  readonly frame: number;
  readonly track: string;
  readonly class: string;
  /** left, top, width, height */
  readonly box2d: readonly [number, number, number, number];
  /** x, y, z, length, width, height, yaw */
  readonly box3d: readonly [number, number, number, number, number, number, number];
}

export const SCENE_FRAMES = 20;
export const SCENE_START_NS = 1_700_000_000_000_000_000n;
export const IMAGE = { width: 96, height: 64 } as const;

export function stampOf(frame: number): bigint {
  return SCENE_START_NS + BigInt(frame) * 100_000_000n;
}

export function scene(): readonly Box[] {
  const random = randomStream(1, "scene");
  return Array.from({ length: SCENE_FRAMES }, (_, frame) =>
    [0, 1, 2, 3].map((k): Box => {
      const along = 10 * k + (1 + k) * 0.4 * frame + 0.02 * random.normal();
      const left = 5 + 18 * k + 0.5 * frame;
      return {
        frame,
        track: `t${k}`,
        class: k === 3 ? "person" : "car",
        box2d: [round(left), 20, k === 3 ? 8 : 16, 24],
        box3d: [round(along), round(4 * k - 6), 0.8, 4.2, 1.8, 1.6, round(0.01 * random.normal())],
      };
    }),
  ).flat();
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

export function framesOf<T>(each: (frame: number, boxes: readonly Box[]) => T): readonly T[] {
  const boxes = scene();
  return Array.from({ length: SCENE_FRAMES }, (_, frame) =>
    each(
      frame,
      boxes.filter((box) => box.frame === frame),
    ),
  );
}
