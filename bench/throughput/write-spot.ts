/** Label files whose boxes all lie on one spot, each of a track of its own. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

export type SpotFormat = "mot" | "kitti" | "coco" | "table";

interface Form {
  readonly name: string;
  readonly head: (frames: number) => string;
  readonly row: (frame: number, track: number, isFirst: boolean) => string;
  readonly tail: string;
}

const FORMS: Readonly<Record<SpotFormat, Form>> = {
  mot: { name: "spot.txt", head: () => "", row: (frame, track) => `${frame + 1},${track},9,9,9,9,1,-1,-1,-1\n`, tail: "" },
  kitti: {
    name: "0000.txt",
    head: () => "",
    row: (frame, track) => `${frame} ${track} Car 0 0 -1.57 9.0 9.0 18.0 18.0 1.5 1.6 4.0 1.0 1.7 10.0 0.0\n`,
    tail: "",
  },
  coco: {
    name: "spot.json",
    head: (frames) => {
      const images = Array.from({ length: frames }, (_, id) => ({ id, width: 640, height: 480, video_id: 1, frame_id: id }));
      const lists = { images, videos: [{ id: 1, name: "v" }], categories: [{ id: 1, name: "car" }] };
      return `${JSON.stringify(lists).slice(0, -1)},"annotations":[`;
    },
    row: (frame, track, isFirst) =>
      `${isFirst ? "" : ","}{"id":${track},"image_id":${frame},"category_id":1,"instance_id":${track},"bbox":[9,9,9,9],"area":81,"iscrowd":0}`,
    tail: "]}",
  },
  table: {
    name: "spot.csv",
    head: () => "frame,track,class,left,top,right,bottom\n",
    row: (frame, track) => `${frame},${track},car,9,9,18,18\n`,
    tail: "",
  },
};

/** @returns the file's path below `folder` */
export function writeSpot(folder: string, format: SpotFormat, boxes: number, frames: number): string {
  const { name, head, row, tail } = FORMS[format];
  const path = join(folder, `${format}-${boxes}-${frames}`, name);
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w");
  let text = head(frames);
  for (let frame = 0; frame < frames; frame++) {
    for (let track = 0; track < boxes / frames; track++) {
      text += row(frame, track, frame + track === 0);
      if (text.length < 1 << 20) continue;
      writeSync(file, text);
      text = "";
    }
  }
  writeSync(file, text + tail);
  closeSync(file);
  return path;
}
