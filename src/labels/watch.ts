/**
 * Label sequences as they come: the same analysis over a window of the last frames, each fault told once, at most three frames after
 * the last frame it needs to be seen.
 *
 * A fault is told when two analyses in a row have found it, so that what the next frame explains otherwise is never told. Where a fault
 * needs more frames than one to be one (a class that stays, a track that goes on under a new id), these are counted from there.
 */
import { type LabelRow, labelColumns } from "../columns.ts";
import { labelTable } from "../gathers/labels.ts";
import { lazy } from "../lazy.ts";
import type { StreamInfo } from "../types.ts";
import { compileKernelsNow, Kernels } from "../wasm.ts";
import { analyseLabels } from "./analyse.ts";
import type { LabelFault } from "./faults.ts";

const shared = lazy(() => new Kernels(new WebAssembly.Instance(compileKernelsNow(), {})));

/** Frames after the last one it needs in which a fault is told; what appears later is an edge of the window. */
const LATEST = 3;
/** Findings of one kind and track this near are one that goes on. */
const NEAR = 1;

export interface WatchOptions {
  /** Frames that are looked at together: what is older is forgotten. */
  readonly windowFrames?: number;
  /** Where 2D boxes are cut off by the border of the image. */
  readonly imageSize?: StreamInfo["imageSize"];
}

/** Watches one label stream. */
export class LabelWatch {
  readonly #windowFrames: number;
  readonly #info: Pick<StreamInfo, "imageSize">;
  readonly #frames: { readonly stampNs: bigint; readonly boxes: readonly Omit<LabelRow, "frame">[] }[] = [];
  #first = 0;
  #before: readonly LabelFault[] = [];
  readonly #told: LabelFault[] = [];

  /** @throws RangeError for a window of fewer than 20 frames */
  constructor({ windowFrames = 40, imageSize }: WatchOptions = {}) {
    if (!(Number.isSafeInteger(windowFrames) && windowFrames >= 20))
      throw new RangeError(`windowFrames: expected 20 or more, got ${windowFrames}`);
    this.#windowFrames = windowFrames;
    this.#info = imageSize ? { imageSize } : {};
  }

  /**
   * The next frame of labels.
   *
   * @param stampNs after the one before
   * @returns faults not told before; frames count from the first one pushed. One that goes on (labels of a stretch, a shaking track) is told
   * when it is seen first, with the frames it has until then
   */
  push(stampNs: bigint, boxes: readonly Omit<LabelRow, "frame">[]): readonly LabelFault[] {
    this.#frames.push({ stampNs, boxes });
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
