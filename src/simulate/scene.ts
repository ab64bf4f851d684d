/**
 * The world at one moment, laid out for the kernels: what the LiDAR is cast at and the camera renders.
 *
 * Solids are rows of PRIMITIVE_ROW bytes, the ground is a grid that wraps around (see src/abi.ts for both). Positions are
 * f32 in metres from a local origin near the ego vehicle, so that they keep their digits however long the drive is.
 */
import type { SimulatorKernels } from "./kernels.ts";
import type { Motion } from "./types.ts";

/** Holds until the next call of `at`, and until kernel memory grows: use pointers, make views late. */
export interface SceneView {
  /** The rows hold exactly at this time; velocities carry them to times near it (tens of milliseconds). */
  readonly t: number;
  /** map x, y = local x, y + origin; z is the same. Multiples of GROUND_CELLS. */
  readonly originX: number;
  readonly originY: number;
  /** Pointer to u8[count * PRIMITIVE_ROW]. */
  readonly primitives: number;
  readonly count: number;
  /** Pointer to f32[GROUND_CELLS * GROUND_CELLS * 4], rows by y. */
  readonly ground: number;
}

/** What a sensor may ask of the world. Times may only go back by a second or so: what lies further behind is forgotten. */
export interface Scene {
  readonly kernels: SimulatorKernels;
  at(t: number): SceneView;
  egoAt(t: number): Motion;
}
