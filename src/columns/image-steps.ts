/** How much a camera turned from image to image: 24 bytes an image, and up to 2 KB a piece for the profiles of its two ends. */
import { PROFILE_COLUMNS } from "../abi.ts";
import type { Table } from "../check/table.ts";
import type { Kernels } from "../kernels.ts";
import { hasLuma, smallLuma } from "../luma/small-luma.ts";
import type { Luma } from "../luma/types.ts";
import type { ImageTable } from "../types.ts";
import { joinSteps, NO_STEP, type Profile, type Step, type Steps, type StepTable, stepsOf, stepTable } from "./_steps.ts";

export type ImageSteps = Steps;

export const imageSteps: Table<ImageSteps> = {
  id: "image-steps",
  needs: ["images"],
  bytesPerRow: 24,
  appliesTo: ({ kind }) => kind === "image",
  collect({ frames, images = [] }, kernels) {
    const profiles: Profile[] = new Array(frames.count).fill(null);
    for (const image of images) profiles[image.frame] = profileOf(image, kernels);
    return stepsOf(frames.stampNs, profiles, UNSURE_S, measure, kernels);
  },
  join: (left, right, meeting) => joinSteps(left, right, measure, meeting),
};

export function imageTable(steps: ImageSteps): StepTable {
  return stepTable(steps);
}

/** The band of rows that is averaged: sky and bonnet left out. */
const BAND_FROM = 0.1;
const BAND_TO = 0.75;
/** A stamp may mean the begin or the end of exposure or readout, and streets that rush past look like turns: what profiles cannot tell, s. */
const UNSURE_S = 0.015;
const LEAST_COLUMNS = 16;

function profileOf(image: ImageTable, kernels: Kernels): Profile {
  const mark = kernels.mark();
  const luma = smallLuma(image, kernels);
  const profile = hasLuma(luma) ? columnsOf(luma, kernels) : null;
  kernels.release(mark);
  return profile;
}

function columnsOf({ pointer, columns, rows }: Luma, kernels: Kernels): Profile {
  const step = Math.ceil(columns / PROFILE_COLUMNS);
  const first = Math.floor(BAND_FROM * rows);
  const band = Math.max(1, Math.floor(BAND_TO * rows) - first);
  const out = kernels.alloc(4 * PROFILE_COLUMNS);
  const written = kernels.exports.columnProfile(pointer, columns, columns, first, band, step, out);
  return written < LEAST_COLUMNS ? null : new Float32Array(kernels.exports.memory.buffer, out, written).slice();
}

/** Least correlation of two profiles laid over each other. */
const LEAST_CORRELATION = 0.5;

function measure(before: Float32Array, after: Float32Array, kernels: Kernels): Step {
  if (before.length !== after.length) return NO_STEP;
  const mark = kernels.mark();
  const [a, b] = [before, after].map((profile) => kernels.put(new Uint8Array(profile.buffer, profile.byteOffset, profile.byteLength)));
  const out = kernels.alloc(32);
  const used = kernels.exports.matchColumns(a ?? 0, b ?? 0, before.length, before.length >> 2, out);
  const [turn = 0, , , correlation = 0] = new Float64Array(kernels.exports.memory.buffer, out, 4);
  kernels.release(mark);
  return used > 0 && correlation >= LEAST_CORRELATION ? { turn, momentS: 0 } : NO_STEP;
}
