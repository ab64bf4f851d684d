/** Luma of every image and the 2D labels of a recording, for benchmarks that damage the labels and ask again. */
import { defineStreamCheck } from "../../src/check/check.ts";
import { type BoxTable, boxTables, labelsOf } from "../../src/columns/label-frames.ts";
import { labelRows } from "../../src/columns/labels.ts";
import { hasLuma, smallLuma } from "../../src/luma/small-luma.ts";
import type { Luma } from "../../src/luma/types.ts";
import { check } from "../../src/node/check.ts";

export interface Picture extends Omit<Luma, "pointer"> {
  readonly stampNs: bigint;
  readonly cells: Uint8Array;
}

export interface Filmed {
  readonly name: string;
  readonly pictures: readonly Picture[];
  readonly table: BoxTable;
}

export async function filmed(path: string): Promise<Filmed> {
  const pictures: Picture[] = [];
  let found: BoxTable | string = "no image";
  const look = defineStreamCheck<number>({
    id: "labels/look",
    title: "",
    level: 2,
    needs: ["images"],
    sees: [labelRows],
    early: true,
    defaults: {},
    kinds: {},
    absent: "",
    blindSpots: [],
    appliesTo: ({ kind }) => kind === "image",
    observe({ images = [], frames }, { kernels, stream, seen }) {
      found = labelsOf(stream, seen.streams, seen.derive(boxTables));
      for (const image of images) {
        const mark = kernels.mark();
        const luma = smallLuma(image, kernels);
        if (hasLuma(luma)) {
          const { pointer, ...size } = luma;
          const cells = kernels.u8(pointer, size.columns * size.rows).slice();
          pictures.push({ ...size, stampNs: frames.stampNs[image.frame] ?? 0n, cells });
        }
        kernels.release(mark);
      }
      return 0;
    },
    merge: () => 0,
    answer: () => ({ status: "pass", coverage: { items: 0, checked: 0 }, observed: {}, defects: [] }),
    describe: () => "",
  });
  await check(path, { catalogue: [look], level: 2 });
  if (typeof found === "string") throw new Error(`${path}: ${found}`);
  return { name: path, pictures, table: found };
}
