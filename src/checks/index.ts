/** All checks, in report order. A structure test is red until a new check is here, tested and documented. */
import type { AnyCheck } from "../check/check.ts";
import { container } from "./integrity/container.ts";
import { frameSequence } from "./integrity/frame-sequence.ts";
import { seal } from "./integrity/seal.ts";
import { classFlip } from "./labels/class-flip.ts";
import { consistency } from "./labels/consistency.ts";
import { continuity } from "./labels/continuity.ts";
import { duplicateObject } from "./labels/duplicate-object.ts";
import { frameDelta } from "./labels/frame-delta.ts";
import { frameSwap } from "./labels/frame-swap.ts";
import { geometry } from "./labels/geometry.ts";
import { identitySwap } from "./labels/identity-swap.ts";
import { jitter } from "./labels/jitter.ts";
import { rigidSize } from "./labels/rigid-size.ts";
import { yawFlip } from "./labels/yaw-flip.ts";
import { boxTime } from "./points/box-time.ts";
import { motionDistortion } from "./points/motion-distortion.ts";
import { sweepShape } from "./points/sweep-shape.ts";
import { sweepTiming } from "./points/sweep-timing.ts";
import { association } from "./time/association.ts";
import { clockModelCheck } from "./time/clock-model.ts";
import { modality } from "./time/modality.ts";
import { order } from "./time/order.ts";
import { rate } from "./time/rate.ts";
import { sensorOffset } from "./time/sensor-offset.ts";

export const checks: readonly AnyCheck[] = [
  container,
  seal,
  frameSequence,
  order,
  rate,
  modality,
  association,
  clockModelCheck,
  sensorOffset,
  geometry,
  consistency,
  frameSwap,
  identitySwap,
  classFlip,
  continuity,
  jitter,
  rigidSize,
  yawFlip,
  duplicateObject,
  motionDistortion,
  sweepShape,
  sweepTiming,
  boxTime,
  frameDelta,
];
