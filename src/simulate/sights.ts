/** What an annotator has before them: every object of a moment as a box to draw, with how much of it can be seen. */
import { atan2, cos, hypot, sin } from "../geometry/elementary.ts";
import { toMatrix, unrotate, type Vector } from "./rotation.ts";
import type { CameraModel, ObjectClass, TrueBox, TrueMoment } from "./types.ts";

export interface Sight {
  readonly object: number;
  readonly class: ObjectClass;
  readonly parked: boolean;
  /** Centre in map, length, width, height, yaw; or left, top, right, bottom in pixels. */
  readonly values: readonly number[];
  /** Metres from the vehicle. */
  readonly distance: number;
  /** Covered by nearer objects, 0 to 1. */
  readonly occlusion: number;
  /** Outside the image, 0 to 1. */
  readonly truncation: number;
}

/** Objects around the vehicle, their boxes in `map`. Occlusion is that of their bearings, seen from the vehicle. */
export function sightsAround({ ego, boxes }: TrueMoment): readonly Sight[] {
  const views = boxes.map((box) => {
    const [dx, dy] = [box.x - ego.pose.x, box.y - ego.pose.y];
    const distance = hypot(dx, dy);
    // As wide as its diagonal: good enough for how much stands before what.
    const half = distance > box.length ? Math.min(1, hypot(box.length, box.width) / (2 * distance)) : Math.PI;
    return { box, distance, bearing: atan2(dy, dx), half };
  });
  return views.map(({ box, distance, bearing, half }) => {
    const shadows = views
      .filter((other) => other.distance < distance - 1)
      .map((other) => ({ from: turn(other.bearing - bearing) - other.half, to: turn(other.bearing - bearing) + other.half }));
    const { object, class: name, parked, x, y, z, length, width, height, yaw } = box;
    const values = [x, y, z, length, width, height, yaw];
    return { object, class: name, parked, values, distance, occlusion: covered(-half, half, shadows), truncation: 0 };
  });
}

/**
 * Objects in the image, as the upright rectangles around their boxes. The moment is taken as one instant: with a rolling shutter,
 * give that of the middle row.
 */
export function sightsInImage(moment: TrueMoment, camera: CameraModel): readonly Sight[] {
  const found = moment.boxes.flatMap((box) => {
    const sight = project(box, moment, camera);
    return sight ? [sight] : [];
  });
  return found.map((sight) => ({ ...sight, occlusion: hidden(sight, found) }));
}

/** Nearer than this a point is behind the lens. */
const NEAR = 0.2;
const SIGNS = [0, 1, 2, 3, 4, 5, 6, 7].map((i): Vector => [i & 1 ? 1 : -1, i & 2 ? 1 : -1, i & 4 ? 1 : -1]);

function project(box: TrueBox, { ego }: TrueMoment, camera: CameraModel): Sight | null {
  const body = toMatrix(ego.pose);
  const mount = toMatrix(camera.mount);
  const [c, s] = [cos(box.yaw), sin(box.yaw)];
  const corners = SIGNS.map(([i, j, k]): Vector => {
    const [l, w] = [(i * box.length) / 2, (j * box.width) / 2];
    const map: Vector = [box.x + c * l - s * w - ego.pose.x, box.y + s * l + c * w - ego.pose.y, box.z + (k * box.height) / 2 - ego.pose.z];
    const [x, y, z] = unrotate(body, map);
    return unrotate(mount, [x - camera.mount.x, y - camera.mount.y, z - camera.mount.z]);
  });
  // Every edge is cut where it passes the lens: corners whose signs differ in one place are joined by an edge.
  const points: Vector[] = corners.filter(([, , z]) => z >= NEAR);
  if (points.length === 0) return null;
  for (const [i, a] of corners.entries()) {
    for (const bit of [1, 2, 4]) {
      const b = corners[i ^ bit];
      if (!b || i & bit || a[2] >= NEAR === b[2] >= NEAR) continue;
      const share = (NEAR - a[2]) / (b[2] - a[2]);
      points.push([a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), NEAR]);
    }
  }
  const us = points.map(([x, , z]) => camera.cx + (camera.fx * x) / z);
  const vs = points.map(([, y, z]) => camera.cy + (camera.fy * y) / z);
  const whole = [Math.min(...us), Math.min(...vs), Math.max(...us), Math.max(...vs)] as const;
  const values = [
    Math.max(0, whole[0]),
    Math.max(0, whole[1]),
    Math.min(camera.width, whole[2]),
    Math.min(camera.height, whole[3]),
  ] as const;
  const [width, height] = [values[2] - values[0], values[3] - values[1]];
  if (width <= 0 || height <= 0) return null;
  const truncation = 1 - (width * height) / ((whole[2] - whole[0]) * (whole[3] - whole[1]));
  const distance = hypot(box.x - ego.pose.x, box.y - ego.pose.y, box.z - ego.pose.z);
  return { object: box.object, class: box.class, parked: box.parked, values, distance, occlusion: 0, truncation };
}

const GRID = 8;

/** The share of a grid of points in the rectangle that lies in a nearer one. */
function hidden(sight: Sight, all: readonly Sight[]): number {
  const [left = 0, top = 0, right = 0, bottom = 0] = sight.values;
  const nearer = all.filter(({ distance, values: [l = 0, t = 0, r = 0, b = 0] }) => {
    return distance < sight.distance - 0.5 && l < right && r > left && t < bottom && b > top;
  });
  if (nearer.length === 0) return 0;
  let count = 0;
  for (let i = 0; i < GRID * GRID; i++) {
    const x = left + ((right - left) * ((i % GRID) + 0.5)) / GRID;
    const y = top + ((bottom - top) * (Math.floor(i / GRID) + 0.5)) / GRID;
    if (nearer.some(({ values: [l = 0, t = 0, r = 0, b = 0] }) => x > l && x < r && y > t && y < b)) count++;
  }
  return count / (GRID * GRID);
}

/** The share of an interval that others cover. */
function covered(from: number, to: number, others: readonly { readonly from: number; readonly to: number }[]): number {
  let reached = from;
  let sum = 0;
  for (const other of [...others].sort((a, b) => a.from - b.from)) {
    const begin = Math.max(reached, other.from);
    const end = Math.min(to, other.to);
    if (end <= begin) continue;
    sum += end - begin;
    reached = end;
  }
  return sum / (to - from);
}

/** An angle brought to -pi to pi. */
export function turn(angle: number): number {
  return angle - 2 * Math.PI * Math.floor(angle / (2 * Math.PI) + 0.5);
}

/** A heading in map as a heading in base_link, and a point likewise. */
export function toVehicle({ ego }: TrueMoment, [x, y, z]: Vector, yaw: number): { readonly centre: Vector; readonly yaw: number } {
  const body = toMatrix(ego.pose);
  const [hx, hy] = unrotate(body, [cos(yaw), sin(yaw), 0]);
  return { centre: unrotate(body, [x - ego.pose.x, y - ego.pose.y, z - ego.pose.z]), yaw: atan2(hy, hx) };
}
