/**
 * points/box-time: were the points of a moving object measured when its label says it was there?
 *
 * A sweep takes a tenth of a second; its label has one moment. The mean time of the points inside a moving box less the label's stamp, times
 * the object's speed, is how far the label is from where the points saw it: in metres, with every timestamp in order.
 */
import { BOX_POINTS_CHUNK } from "../../abi.ts";
import { AMOUNT, type Conclusion, defineStreamCheck } from "../../check/check.ts";
import { labelFrameAt } from "../../columns/label-frames.ts";
import { labelRows } from "../../columns/labels.ts";
import { fieldOf } from "../../columns/point-fields.ts";
import { FIELD_TYPES, type PointTimes, pointTimes, spanOfEnds } from "../../columns/point-times.ts";
import { poseRows } from "../../columns/poses.ts";
import type { Kernels } from "../../kernels.ts";
import type { PointTable } from "../../types.ts";
import { boxesIn, type MovingBoxes, movingBoxes } from "./_moving-boxes.ts";

/** Points a box must hold to be asked, and boxes an answer needs. */
const LEAST_POINTS = 5;
const LEAST_BOXES = 10;
/** Boxes of a frame that are asked, the first of them: every point is held against each. */
const MOST_BOXES = 1000;
/** Slower is standing, m/s. */
const LEAST_SPEED = 1;
/** Of the boxes within reach, this share holds points where labels and points are in one frame of reference. */
const LEAST_SHARE = 0.2;

interface Answer {
  /** Mean time of the points after the label's stamp, s. */
  readonly lateS: number;
  readonly metres: number;
}

interface Summary {
  readonly sweeps: number;
  /** Sweeps whose points have a time that is understood, and of these those with labels. */
  readonly timed: number;
  readonly labelled: number;
  readonly boxes: number;
  /** Boxes with points. */
  readonly held: number;
  /** 16 bytes of each moving box. */
  readonly moving: readonly Answer[];
  readonly isOverGround: boolean;
}

export const boxTime = defineStreamCheck<Summary>({
  id: "points/box-time",
  title: "Were the points of moving objects measured when their labels say?",
  level: 1,
  needs: ["frames", "points"],
  sees: [labelRows, poseRows],
  early: true,
  defaults: { displacementM: 0.1 },
  ranges: { displacementM: AMOUNT },
  kinds: {
    "points-off-label": {
      severity: "info",
      meaning: "the points of moving objects were measured earlier or later than their labels say: the labels lie beside them",
    },
  },
  absent: "no point stream",
  blindSpots: [
    "labels in another frame of reference than the points: they are not transformed",
    "sensors of several units are taken together; objects that stand, boxes with fewer than 5 points, and all but the first 1000 of a frame",
    "without poses: speeds are relative to the vehicle",
    "points that were moved to the label's moment already keep their times: the error is then none",
  ],
  appliesTo: ({ kind }) => kind === "points",

  observe({ frames, points = [] }, { kernels, stream, seen }) {
    const tables = seen.derive(movingBoxes);
    let [timed, labelled, boxes, held] = [0, 0, 0, 0];
    let isOverGround = true;
    const moving: Answer[] = [];
    for (const table of points) {
      const stampNs = frames.stampNs[table.frame] ?? 0n;
      const field = fieldOf(table, "time");
      const span = field && table.pointer !== null && table.count > 0 ? spanOfEnds(table, field, kernels) : ([0, 0] as const);
      const times = pointTimes(table, stampNs, span, kernels, stream.rig?.pointTimeUnit);
      if (!times || times.baseS === null) continue;
      timed++;
      const found = tables.flatMap((one) => labelsAt(one, stampNs))[0];
      if (!found) continue;
      labelled++;
      isOverGround &&= found.boxes.isOverGround;
      for (const { row, inside, afterFirst } of countIn(table, times, found, kernels)) {
        boxes++;
        if (inside < LEAST_POINTS) continue;
        held++;
        const speed = found.boxes.speed[row] ?? Number.NaN;
        if (!(speed >= LEAST_SPEED)) continue;
        const lateS = times.baseS + afterFirst * times.unitS + Number(stampNs - found.stampNs) / 1e9;
        moving.push({ lateS, metres: Math.abs(lateS) * speed });
      }
    }
    return { sweeps: frames.count, timed, labelled, boxes, held, moving, isOverGround };
  },

  merge: (left, right) => ({
    sweeps: left.sweeps + right.sweeps,
    timed: left.timed + right.timed,
    labelled: left.labelled + right.labelled,
    boxes: left.boxes + right.boxes,
    held: left.held + right.held,
    moving: [...left.moving, ...right.moving],
    isOverGround: left.isOverGround && right.isOverGround,
  }),

  answer(summary, _census, { seen }, options) {
    const items = summary?.sweeps ?? 0;
    const none = (status: "not_run" | "not_observable", reason: string): Conclusion => ({
      ...{ status, reason, coverage: { items, checked: 0 }, observed: {}, defects: [] },
    });
    if (!summary) return none("not_run", "no sweep");
    if (seen.derive(movingBoxes).length === 0) return none("not_run", "no 3D labels with tracks");
    if (summary.timed === 0) return none("not_run", "points have no time, or one whose unit and reference nobody states");
    if (summary.labelled === 0) return none("not_run", "no labels within half a period of a sweep");
    if (summary.held < LEAST_SHARE * summary.boxes) {
      return none("not_observable", `${summary.held} of ${summary.boxes} boxes hold points: labels may be in another frame of reference`);
    }
    if (summary.moving.length < LEAST_BOXES) return none("not_observable", "fewer than 10 labelled objects with points move");
    const [late, metres] = [summary.moving.map(({ lateS }) => lateS * 1e3), summary.moving.map((one) => one.metres)].map((all) =>
      all.sort((a, b) => a - b),
    ) as [number[], number[]];
    const at = (all: readonly number[], share: number, digits: number): number =>
      Number((all[Math.min(all.length - 1, Math.floor(share * all.length))] ?? 0).toFixed(digits));
    const figures = {
      lateMs: { p5: at(late, 0.05, 1), median: at(late, 0.5, 1), p95: at(late, 0.95, 1) },
      offM: { median: at(metres, 0.5, 3), p95: at(metres, 0.95, 3) },
    };
    const isOff = figures.offM.median > Number(options["displacementM"]);
    return {
      status: "pass",
      coverage: { items, checked: summary.labelled },
      observed: { boxes: summary.boxes, boxesWithPoints: summary.held, movingBoxes: summary.moving.length, ...figures },
      ...(!summary.isOverGround && { reason: "no poses: speeds are relative to the vehicle" }),
      defects: isOff
        ? [
            {
              kind: "points-off-label",
              severity: "info" as const,
              frames: null,
              timeNs: null,
              observed: { movingBoxes: summary.moving.length, ...figures },
              expected: { offM: Number(options["displacementM"]) },
              signals: ["point times in moving boxes"],
            },
          ]
        : [],
    };
  },

  describe({ observed }) {
    const { lateMs, offM } = observed as { lateMs: { median: number; p5: number; p95: number }; offM: { median: number; p95: number } };
    return `points of moving objects come ${lateMs.median} ms (${lateMs.p5} to ${lateMs.p95}) after their labels' stamps: ${offM.median} m beside them, ${offM.p95} m at p95`;
  },
});

interface Found {
  readonly boxes: MovingBoxes;
  readonly rows: readonly number[];
  readonly stampNs: bigint;
}

/** The boxes of the label frame nearest to a stamp, within half a period. */
function labelsAt(boxes: MovingBoxes, stampNs: bigint): readonly Found[] {
  const frame = labelFrameAt(boxes.byStamp, stampNs) ?? -1;
  const rows = boxesIn(boxes, frame, MOST_BOXES);
  return rows.length > 0 ? [{ boxes, rows, stampNs: boxes.table.stampNs[frame] ?? 0n }] : [];
}

interface Inside {
  readonly row: number;
  readonly inside: number;
  /** Mean time less the first row's, in the field's unit. */
  readonly afterFirst: number;
}

function countIn(table: PointTable, times: PointTimes, { boxes, rows }: Found, kernels: Kernels): readonly Inside[] {
  const [x, y, z] = (["x", "y", "z"] as const).map((axis) => fieldOf(table, axis));
  if (table.pointer === null || !x || !y || !z || x.type !== y.type || x.type !== z.type) return [];
  const mark = kernels.mark();
  const { box3d } = boxes.table.labels;
  const columns = new Float64Array(7 * rows.length);
  for (const [i, row] of rows.entries()) columns.set(box3d.subarray(7 * row, 7 * row + 7), 7 * i);
  const at = kernels.put(new Uint8Array(columns.buffer));
  const scratch = kernels.alloc(8 * BOX_POINTS_CHUNK);
  const out = kernels.alloc(32 * rows.length);
  const type = FIELD_TYPES.indexOf(x.type);
  const { field } = times;
  kernels.exports.pointsInBoxes(
    ...([table.pointer, table.count, table.stride, x.offset, y.offset, z.offset, type] as const),
    ...([field.offset, FIELD_TYPES.indexOf(field.type), at, rows.length, scratch, out] as const),
  );
  const answers = new Float64Array(kernels.exports.memory.buffer, out, 4 * rows.length);
  const inside = rows.map((row, i): Inside => ({ row, inside: answers[4 * i] ?? 0, afterFirst: answers[4 * i + 1] ?? 0 }));
  kernels.release(mark);
  return inside;
}
