/**
 * Label sequences as they come: the same analysis over a window of the last frames, each fault told once, at most three frames after
 * the last frame it needs to be seen.
 *
 * A fault is told when two analyses in a row have found it, so that what the next frame explains otherwise is never told. Where a fault
 * needs more frames than one to be one (a class that stays, a track that goes on under a new id), these are counted from there.
 */
import { analyseLabels } from "../checks/labels/sequence/analyse.ts";
import type { LabelFault } from "../checks/labels/sequence/faults.ts";
import { type LabelRow, labelColumns } from "../columns/builder.ts";
import { labelTable } from "../columns/labels.ts";
import * as given from "../given.ts";
import { compileKernelsNow, Kernels } from "../kernels.ts";
import { lazy } from "../lazy.ts";
import type { StreamInfo } from "../types.ts";

const shared = lazy(() => new Kernels(new WebAssembly.Instance(compileKernelsNow(), {})));

/** Frames after the last one it needs in which a fault is told; what appears later is an edge of the window. */
const LATEST = 3;
/** Findings of one kind and track this near are one that goes on. */
const NEAR = 1;

export interface WatchOptions {
  /** Frames that are looked at together: what is older is forgotten. */
  readonly windowFrames?: number | undefined;
  /** Where 2D boxes are cut off by the border of the image. */
  readonly imageSize?: StreamInfo["imageSize"] | undefined;
}

/** One box of a frame. What it does not have stays absent; NaN is a number. */
export type WatchedBox = Omit<LabelRow, "frame">;

const pixels = given.number("a number above 0", (n) => n > 0 && Number.isFinite(n));
const fields: given.Fields<WatchOptions> = {
  windowFrames: given.integer(20),
  imageSize: given.record<NonNullable<StreamInfo["imageSize"]>>("width and height", { width: pixels, height: pixels }, ["width", "height"]),
};

const anyNumber = given.number("a number", () => true);
const boxesGiven = given.listOf(
  "boxes",
  given.record<WatchedBox>(
    "a box",
    {
      track: given.text,
      class: given.text,
      annotator: given.text,
      confidence: anyNumber,
      box2d: given.tuple(4, anyNumber),
      box3d: given.tuple(7, anyNumber),
      ignored: given.flag,
    },
    ["class"],
  ),
);

/** Watches one label stream. */
export class LabelWatch {
  readonly #windowFrames: number;
  readonly #info: Pick<StreamInfo, "imageSize">;
  readonly #frames: { readonly stampNs: bigint; readonly boxes: readonly WatchedBox[] }[] = [];
  #first = 0;
  #before: readonly LabelFault[] = [];
  readonly #told: LabelFault[] = [];

  /** @throws RangeError for a window of fewer than 20 frames, TypeError for other misuse */
  constructor(options: WatchOptions = {}) {
    const { windowFrames = 40, imageSize } = given.optionsOf<WatchOptions>(options, fields);
    this.#windowFrames = windowFrames;
    this.#info = imageSize ? { imageSize } : {};
  }

  /**
   * The next frame of labels.
   *
   * @param stampNs after the one before
   * @returns faults not told before; frames count from the first one pushed. One that goes on (labels of a stretch, a shaking track) is told
   * when it is seen first, with the frames it has until then
   * @throws TypeError or RangeError for a stamp or boxes that are none; the frame is then not taken
   */
  push(stampNs: bigint, boxes: readonly WatchedBox[]): readonly LabelFault[] {
    this.#frames.push({ stampNs: this.#stampGiven(stampNs), boxes: boxesGiven(boxes, "boxes") });
    if (this.#frames.length > this.#windowFrames) {
      this.#frames.shift();
      this.#first++;
    }
    const found = this.#look();
    const sure = found.filter((fault) => this.#before.some((one) => isSame(one, fault)));
    this.#before = found;
    return this.#tell(sure);
  }

  /** Faults the last frames show, when no more follow. */
  end(): readonly LabelFault[] {
    return this.#tell(this.#before);
  }

  #stampGiven(stampNs: unknown): bigint {
    if (typeof stampNs !== "bigint") return given.wrong("stampNs", "a bigint", stampNs);
    const before = this.#frames.at(-1)?.stampNs;
    if (BigInt.asIntN(64, stampNs) !== stampNs) throw new RangeError(`stampNs: expected an int64, got ${stampNs}`);
    if (before !== undefined && stampNs <= before) throw new RangeError(`stampNs: expected a time after ${before}, got ${stampNs}`);
    return stampNs;
  }

  #look(): readonly LabelFault[] {
    const rows = this.#frames.flatMap(({ boxes }, frame) => boxes.map((box): LabelRow => ({ ...box, frame })));
    if (rows.length === 0) return [];
    const stampNs = BigInt64Array.from(this.#frames, (frame) => frame.stampNs);
    const table = labelTable([{ frames: this.#frames.length, stampNs, labels: labelColumns(rows) }]);
    const faults = analyseLabels(table, [], this.#info, shared(), Number.POSITIVE_INFINITY)?.faults ?? [];
    return faults
      .filter((fault) => this.#frames.length - 1 - neededFrame(fault) <= LATEST)
      .map((fault) => ({ ...fault, frames: [fault.frames[0] + this.#first, fault.frames[1] + this.#first] as const }));
  }

  #tell(faults: readonly LabelFault[]): readonly LabelFault[] {
    const fresh: LabelFault[] = [];
    for (const fault of faults) {
      const known = this.#told.findIndex((one) => isSame(one, fault));
      if (known >= 0) this.#told[known] = fault;
      else {
        this.#told.push(fault);
        fresh.push(fault);
      }
    }
    // What lies before the window cannot be found again.
    while (this.#told[0] && this.#told[0].frames[1] + NEAR < this.#first) this.#told.shift();
    return fresh;
  }
}

/** Last frame a fault needs to be one. */
function neededFrame({ kind, frames: [first, last] }: LabelFault): number {
  if (kind === "persistent-swap") return first + 1;
  if (kind === "class-switch" || kind === "broken") return first + 2;
  // A class is back when it has been there for longer than it was away.
  return kind === "class-flicker" || kind === "class-swap" ? last + (last - first + 1) : last;
}

/** What is seen first as the one turns out as the other when it goes on: a class that is away for three frames is told as a switch. */
const FAMILY: Partial<Record<LabelFault["kind"], LabelFault["kind"]>> = {
  ...{ stale: "shift", "size-jump": "size-drift", "class-flicker": "class-switch" },
};

function isSame(a: LabelFault, b: LabelFault): boolean {
  const family = ({ kind }: LabelFault): string => FAMILY[kind] ?? kind;
  if (family(a) !== family(b) || a.tracks.join("\n") !== b.tracks.join("\n")) return false;
  return a.frames[0] <= b.frames[1] + NEAR && b.frames[0] <= a.frames[1] + NEAR;
}
