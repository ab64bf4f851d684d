/**
 * The analysis all label checks share: a label sequence, and what is wrong with it.
 *
 * Faults are found and repaired from the largest to the smallest, or one fault would be found as three: first whole sets
 * of frames, in the frame of reference they were delivered in; then identities; then each track by itself. Where poses
 * are known, identities and tracks are judged in the frame (delivered or fixed) in which tracks run smoother.
 */
import type { LabelTable } from "../../../columns/labels.ts";
import type { Kernels } from "../../../kernels.ts";
import type { PoseColumns, StreamInfo } from "../../../types.ts";
import { classFaults } from "./classes.ts";
import { continuityFaults } from "./continuity.ts";
import { type DuplicatePair, duplicatePairs } from "./duplicates.ts";
import type { LabelFault } from "./faults.ts";
import { inFixedFrame } from "./fixed-frame.ts";
import { frameSetFaults } from "./frame-sets.ts";
import { identityFaults } from "./identities.ts";
import { type Noise, noiseByAnnotator } from "./noise.ts";
import { type Residuals, residualsOf } from "./residuals.ts";
import { type Scale, scaleOf } from "./scale.ts";
import { shapeFaults } from "./shapes.ts";
import { type Dimensions, Tracks, WIDTH } from "./tracks.ts";

/** What is too small to speak of: metres, or a share of the box's width. */
const LEAST_3D = 0.1;
const LEAST_2D = 0.04;

export interface LabelAnalysis {
  readonly faults: readonly LabelFault[];
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
 * @returns null where nothing has a track
 */
export function analyseLabels(
  table: LabelTable,
  poses: readonly PoseColumns[],
  info: Pick<StreamInfo, "imageSize">,
  kernels: Kernels,
): LabelAnalysis | null {
  const dimensions: Dimensions = has3d(table) ? "3d" : "2d";
  const least = dimensions === "3d" ? LEAST_3D : LEAST_2D;
  const tracks = new Tracks(table, dimensions, info);
  const rows = tracks.rows.reduce((sum, one) => sum + one.length, 0);
  if (rows === 0) return null;
  const moving = movingRows(tracks, least);
  const delivered = residualsOf(tracks, least, kernels);
  const sets = frameSetFaults(tracks, scaleOf(tracks, delivered.off, least), delivered);

  const { tracks: chosen, residuals, scale: noise } = smoothest(tracks, dimensions === "3d" ? poses : [], least, kernels);
  const doubles = duplicatePairs(chosen, kernels);
  const names = new Set(doubles.map(({ tracks: pair }) => pair.join()));
  const isPair = (a: number, b: number): boolean => names.has(a < b ? `${a},${b}` : `${b},${a}`);
  const identities = identityFaults(chosen, noise, residuals, isPair);
  const { off } = identities.length > 0 ? residualsOf(chosen, least, kernels) : residuals;
  const scale = identities.length > 0 ? scaleOf(chosen, off, least) : noise;
  const faults = [
    ...sets,
    ...identities,
    ...classFaults(chosen),
    ...shapeFaults(chosen),
    ...continuityFaults(chosen, scale, off),
    ...doubles.map((pair) => duplicateFault(chosen, pair)),
  ];
  const judged = off.reduce((sum, distance) => sum + (Number.isFinite(distance) ? 1 : 0), 0);
  return {
    faults: faults.toSorted((a, b) => a.frames[0] - b.frames[0] || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0)),
    dimensions,
    rows,
    judged,
    tracks: tracks.rows.filter((one) => one.length > 0).length,
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

function movingRows(tracks: Tracks, least: number): number {
  let count = 0;
  for (const rows of tracks.rows) {
    for (let i = 1; i < rows.length; i++) {
      const [a, b] = [rows[i - 1] ?? -1, rows[i] ?? -1];
      if (tracks.gap(b, tracks.place, WIDTH * a) > least * tracks.size(b)) count++;
    }
  }
  return count;
}

function duplicateFault(tracks: Tracks, { tracks: pair, frames, count }: DuplicatePair): LabelFault {
  return {
    kind: "duplicate",
    frames,
    tracks: pair.map((track) => tracks.table.labels.tracks[track] ?? "").sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
    observed: { framesTogether: count },
    expected: { framesTogether: 0 },
    signals: ["place and size"],
  };
}

function has3d({ labels }: LabelTable): boolean {
  for (let row = 0; row < labels.count; row++) if (Number.isFinite(labels.box3d[7 * row])) return true;
  return false;
}
