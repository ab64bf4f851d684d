/**
 * The analysis all label checks share: a label sequence, and what is wrong with it.
 *
 * Faults are found and repaired from the largest to the smallest, or one fault would be found as three: first whole sets
 * of frames, in the frame of reference they were delivered in; then identities; then each track by itself. Where poses
 * are known, identities and tracks are judged in the frame (delivered or fixed) in which tracks run smoother.
 */

import { LOCATED } from "../../../check/gravest.ts";
import type { LabelTable } from "../../../columns/labels.ts";
import type { Kernels } from "../../../kernels.ts";
import type { PoseColumns, StreamInfo } from "../../../types.ts";
import { classFaults } from "./classes.ts";
import { continuityFaults, ghostFaults } from "./continuity.ts";
import { duplicateGroups } from "./duplicates.ts";
import { FaultList, type LabelFault } from "./faults.ts";
import { inFixedFrame } from "./fixed-frame.ts";
import { frameSetFaults } from "./frame-sets.ts";
import { identityFaults } from "./identities.ts";
import { type Noise, noiseByAnnotator } from "./noise.ts";
import { hasThree, type Residuals, residualsOf } from "./residuals.ts";
import { type Scale, scaleOf } from "./scale.ts";
import { shapeFaults } from "./shapes.ts";
import { type Dimensions, Tracks, WIDTH } from "./tracks.ts";

/** What is too small to speak of: metres, or a share of the box's width. */
const LEAST_3D = 0.1;
const LEAST_2D = 0.04;

export interface LabelAnalysis {
  /** The gravest of each kind, by first frame, then kind. */
  readonly faults: readonly LabelFault[];
  /** The others of each kind: how many, and in which frames. */
  readonly more: ReturnType<FaultList["finish"]>["more"];
  readonly dimensions: Dimensions;
  /** Boxes with a track, and those whose place two neighbours in time tell. */
  readonly rows: number;
  readonly judged: number;
  readonly tracks: number;
  /** Median residual: metres, or share of the box's width. */
  readonly noise: number;
  readonly fixedFrame: boolean;
  /** How restless each annotator's boxes are. */
  readonly annotators: readonly Noise[];
  /** Boxes that moved between two frames by more than what is too small to speak of. */
  readonly moving: number;
}

/**
 * @param poses of the vehicle, where the recording has some: the frame of reference in which tracks run smoothest is taken
 * @param limit faults of each kind that are told one by one
 * @returns null where nothing has a track
 */
export function analyseLabels(
  table: LabelTable,
  poses: readonly PoseColumns[],
  info: Pick<StreamInfo, "imageSize">,
  kernels: Kernels,
  limit: number = LOCATED,
): LabelAnalysis | null {
  const dimensions: Dimensions = has3d(table) ? "3d" : "2d";
  const least = dimensions === "3d" ? LEAST_3D : LEAST_2D;
  const tracks = new Tracks(table, dimensions, info);
  let rows = 0;
  for (let track = 0; track < tracks.count; track++) rows += tracks.lengthOf(track);
  if (rows === 0) return null;
  const moving = movingRows(tracks, least);
  const faults = new FaultList(limit);
  if (!hasThree(tracks)) {
    // Nobody's place can be told from those before and after it, and no class, size or absence from its neighbours'.
    shapeFaults(tracks, faults);
    ghostFaults(tracks, faults);
    const none = { judged: 0, noise: least, annotators: [], fixedFrame: false };
    return { ...faults.finish(), ...none, dimensions, rows, moving, tracks: namedTracks(tracks) };
  }
  const delivered = residualsOf(tracks, least, kernels);
  frameSetFaults(tracks, scaleOf(tracks, delivered.off, least), delivered, faults);

  const { tracks: chosen, residuals, scale: noise } = smoothest(tracks, dimensions === "3d" ? poses : [], least, kernels);
  const onOneObject = duplicateGroups(chosen, kernels, faults);
  const isExchanged = identityFaults(chosen, noise, residuals, onOneObject, faults);
  const { off } = isExchanged ? residualsOf(chosen, least, kernels) : residuals;
  const scale = isExchanged ? scaleOf(chosen, off, least) : noise;
  classFaults(chosen, faults);
  shapeFaults(chosen, faults);
  continuityFaults(chosen, scale, off, faults);
  const judged = off.reduce((sum, distance) => sum + (Number.isFinite(distance) ? 1 : 0), 0);
  return {
    ...faults.finish(),
    dimensions,
    rows,
    judged,
    tracks: namedTracks(tracks),
    noise: noise.log,
    annotators: noiseByAnnotator(chosen, kernels),
    fixedFrame: chosen !== tracks,
    moving,
  };
}

interface Judged {
  readonly tracks: Tracks;
  readonly residuals: Residuals;
  readonly scale: Scale;
}

/** The tracks in the delivered frame of reference, or in that of one of the poses where they run smoother. */
function smoothest(tracks: Tracks, poses: readonly PoseColumns[], least: number, kernels: Kernels): Judged {
  const judged = (one: Tracks): Judged => {
    const residuals = residualsOf(one, least, kernels);
    return { tracks: one, residuals, scale: scaleOf(one, residuals.off, least) };
  };
  let best = judged(tracks);
  for (const one of poses) {
    const place = inFixedFrame(tracks.table, one, tracks.frame);
    if (!place) continue;
    const fixed = judged(tracks.placed(place));
    if (fixed.scale.log < best.scale.log) best = fixed;
  }
  return best;
}

/** Tracks that have a box. */
function namedTracks(tracks: Tracks): number {
  let named = 0;
  for (let track = 0; track < tracks.count; track++) if (tracks.lengthOf(track) > 0) named++;
  return named;
}

function movingRows(tracks: Tracks, least: number): number {
  let count = 0;
  for (let track = 0; track < tracks.count; track++) {
    for (let i = 1; i < tracks.lengthOf(track); i++) {
      const [a, b] = [tracks.rowOf(track, i - 1), tracks.rowOf(track, i)];
      if (tracks.gap(b, tracks.place, WIDTH * a) > least * tracks.size(b)) count++;
    }
  }
  return count;
}

function has3d({ labels }: LabelTable): boolean {
  for (let row = 0; row < labels.count; row++) if (Number.isFinite(labels.box3d[7 * row])) return true;
  return false;
}
