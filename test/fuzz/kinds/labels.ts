/** Samples of label files: JSON, XML, tables of text and MessagePack; and folders with images beside their labels. */
import { encode } from "@msgpack/msgpack";
import { concat } from "../house.ts";
import { image } from "./messages.ts";
import { file, folder, type Kind, type Sample, sharedFiles, sharedFolder } from "./sample.ts";
import { type Box, framesOf, IMAGE, scene, stampOf } from "./scene.ts";

const CATEGORIES = [
  { id: 1, name: "car" },
  { id: 2, name: "person" },
];

const categoryOf = (box: Box): number => (box.class === "car" ? 1 : 2);

function coco(isVideo: boolean): string {
  const images = framesOf((frame) => ({
    id: frame + 1,
    file_name: `${frame}.jpg`,
    ...IMAGE,
    ...(isVideo && { video_id: 1, frame_id: frame }),
  }));
  const annotations = scene().map((box, id) => ({
    id,
    image_id: box.frame + 1,
    category_id: categoryOf(box),
    bbox: box.box2d,
    ...(isVideo && { instance_id: box.track }),
  }));
  return JSON.stringify({ ...(isVideo && { videos: [{ id: 1, name: "one", fps: 10 }] }), images, annotations, categories: CATEGORIES });
}

function youtube(): string {
  const videos = [{ id: 1, name: "one", length: 20, file_names: framesOf((frame) => `${frame}.jpg`), ...IMAGE }];
  const annotations = ["t0", "t1"].map((track, id) => ({
    id,
    video_id: 1,
    category_id: 1,
    bboxes: framesOf((_, boxes) => boxes.find((box) => box.track === track)?.box2d ?? null),
  }));
  return JSON.stringify({ videos, annotations, categories: CATEGORIES });
}

function scalabel(): string {
  const frames = framesOf((frame, boxes) => ({
    ...{ name: `${frame}.jpg`, videoName: "v", frameIndex: frame, timestamp: 1_700_000_000_000 + 100 * frame, size: IMAGE },
    labels: boxes.map(({ track, class: category, box2d: [x1, y1, w, h], box3d: [x, y, z, length, width, height, yaw] }) => ({
      ...{ id: track, category, box2d: { x1, y1, x2: x1 + w, y2: y1 + h } },
      box3d: { location: [x, y, z], dimension: [height, width, length], orientation: [0, yaw, 0], alpha: 0 },
    })),
  }));
  return JSON.stringify({ frames });
}

function scale(): string {
  const frames = framesOf((frame, boxes) => ({
    device_timestamp: 1_700_000_000 + frame / 10,
    cuboids: boxes.map(({ track, class: label, box3d: [x, y, z, length, width, height, yaw] }) => ({
      ...{ uuid: track, label, position: { x, y, z }, dimensions: { x: length, y: width, z: height }, yaw },
    })),
  }));
  return JSON.stringify({ frames });
}

function nuscenes(): Readonly<Record<string, string>> {
  const annotations = scene().map(({ frame, track, box3d: [x, y, z, length, width, height] }, i) => ({
    ...{
      token: `a${i}`,
      sample_token: `s${frame}`,
      instance_token: track,
      translation: [x, y, z],
      size: [width, length, height],
      rotation: [1, 0, 0, 0],
    },
  }));
  return {
    "v1.0-mini/sample.json": JSON.stringify(
      framesOf((frame) => ({ token: `s${frame}`, scene_token: "x", timestamp: 1_532_402_927_647_951 + 500_000 * frame })),
    ),
    "v1.0-mini/sample_annotation.json": JSON.stringify(annotations),
    "v1.0-mini/instance.json": JSON.stringify(["t0", "t1", "t2", "t3"].map((token) => ({ token, category_token: "c" }))),
    "v1.0-mini/category.json": JSON.stringify([{ token: "c", name: "vehicle.car" }]),
    "v1.0-mini/scene.json": JSON.stringify([{ token: "x", name: "scene-1" }]),
  };
}

function ndjson(): string {
  return scene()
    .map(
      ({ frame, track, class: category, box2d: [x1, y1, w, h] }) =>
        `${JSON.stringify({ frame, track_id: track, class: category, score: 0.5, x1, y1, x2: x1 + w, y2: y1 + h })}\n`,
    )
    .join("");
}

export const jsonKind: Kind = {
  name: "json",
  target: "recording",
  async samples() {
    return [
      file("coco.json", coco(false)),
      file("video.json", coco(true)),
      file(
        "results.json",
        JSON.stringify(scene().map((box) => ({ image_id: box.frame, category_id: categoryOf(box), bbox: box.box2d, score: 0.5 }))),
      ),
      file("vis.json", youtube()),
      file("scalabel.json", scalabel()),
      file("scale.json", scale()),
      folder("nuscenes", nuscenes()),
      file("boxes.ndjson", ndjson()),
      ...sharedFiles("3-labels/scalabel-waymo", ".json"),
      ...sharedFolder("2-lidar/lyft-nuscenes-tables"),
    ];
  },
};

function cvat(): string {
  const tracks = ["t0", "t1", "t2", "t3"].map((track, id) => {
    const own = scene().filter((box) => box.track === track);
    const boxes = own.map(
      ({ frame, box2d: [x, y, w, h] }) =>
        `<box frame="${frame}" outside="0" occluded="0" keyframe="1" xtl="${x}" ytl="${y}" xbr="${x + w}" ybr="${y + h}"/>`,
    );
    return `  <track id="${id}" label="${own[0]?.class}">\n    ${boxes.join("\n    ")}\n  </track>\n`;
  });
  const meta = `<meta><task><name>t</name><size>20</size><assignee><username>zoë</username></assignee><original_size><width>96</width><height>64</height></original_size></task></meta>`;
  return `<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  ${meta}\n${tracks.join("")}</annotations>\n`;
}

export const xmlKind: Kind = {
  name: "xml",
  target: "recording",
  samples: async () => [file("cvat.xml", cvat()), ...sharedFiles("3-labels/cvat-video", ".xml")],
};

const kittiRow = ({ frame, track, class: name, box2d: [x, y, w, h], box3d: [bx, by, bz, l, bw, bh, yaw] }: Box): string =>
  `${frame} ${track.slice(1)} ${name === "car" ? "Car" : "Pedestrian"} 0 0 -1.57 ${x} ${y} ${x + w} ${y + h} ${bh} ${bw} ${l} ${bx} ${by} ${bz} ${yaw}\n`;
const motRow = ({ frame, track, box2d }: Box): string => `${frame + 1},${track.slice(1)},${box2d.join()},1,1,1\n`;
const ab3dRow = ({ frame, box2d: [x, y, w, h], box3d: [bx, by, bz, l, bw, bh, yaw] }: Box): string =>
  `${frame},2,${x},${y},${x + w},${y + h},0.5,${bh},${bw},${l},${bx},${by},${bz},${yaw},0\n`;
const csvRow = ({ frame, track, class: name, box3d }: Box): string => `${stampOf(frame)},${track},${name},"ann ""one""",${box3d.join()}\n`;

const rows = (each: (box: Box) => string): string => scene().map(each).join("");

export const labelTablesKind: Kind = {
  name: "label-tables",
  target: "recording",
  samples: async () => [
    file("0000.txt", rows(kittiRow)),
    file("gt.txt", rows(motRow)),
    file("scene-0012.txt", rows(ab3dRow)),
    file("boxes.csv", `timestamp_ns,track_id,class,annotator,x,y,z,length,width,height,yaw\n${rows(csvRow)}`),
    ...sharedFiles("3-labels/motchallenge", ".txt"),
    ...sharedFiles("3-labels/kitti-tracking/detections", ".txt").slice(0, 2),
  ],
};

export const messagepackKind: Kind = {
  name: "messagepack",
  target: "recording",
  samples: async () => [
    file(
      "rows.msgpack",
      encode(
        scene().map(({ frame, track, class: name, box3d: [x, y, z, length, width, height, yaw] }) => ({
          frame,
          track,
          class: name,
          x,
          y,
          z,
          length,
          width,
          height,
          yaw,
        })),
      ),
    ),
    file(
      "stream.msgpack",
      concat(
        scene().map(({ frame, track, box2d: [x1, y1, w, h] }) =>
          encode({ timestamp_ns: stampOf(frame), track, x1, y1, x2: x1 + w, y2: y1 + h }, { useBigInt64: true }),
        ),
      ),
    ),
  ],
};

const numbered = (frame: number, digits: number): string => String(frame).padStart(digits, "0");

/** KITTI tracking with PNG images, MOT with JPEG ones: what levels 1 and 2 look at together. */
function imageFolders(format: "png" | "jpeg"): readonly Sample[] {
  const images = (prefix: string, digits: number, from: number, ending: string): Readonly<Record<string, Uint8Array>> =>
    Object.fromEntries(framesOf((frame) => [`${prefix}${numbered(frame + from, digits)}.${ending}`, image(frame, format)] as const));
  if (format === "png") {
    return [
      folder("kitti", { "label_02/0000.txt": rows(kittiRow), ...images("image_02/0000/", 6, 0, "png") }, { isSummed: true }),
      folder("raw", {
        "image_02/timestamps.txt": framesOf(
          (frame) => `2011-09-26 14:30:${numbered(15 + Math.floor(frame / 10), 2)}.${frame % 10}00000000\n`,
        ).join(""),
        ...images("image_02/data/", 10, 0, "png"),
      }),
    ];
  }
  const info = "[Sequence]\nname=X\nimDir=img1\nframeRate=10\nseqLength=20\nimWidth=96\nimHeight=64\nimExt=.jpg\n";
  return [folder("mot", { "gt/gt.txt": rows(motRow), "seqinfo.ini": info, ...images("img1/", 6, 1, "jpg") })];
}

/** Only images are changed: the tables beside them have kinds of their own. */
const onlyImages = (sample: Sample): Sample => ({
  ...sample,
  targets: Object.keys(sample.files).filter((path) => /\.(png|jpg)$/.test(path)),
});

export const pngKind: Kind = {
  name: "png",
  target: "recording",
  samples: async () => imageFolders("png").map(onlyImages),
};

export const jpegKind: Kind = {
  name: "jpeg",
  target: "recording",
  samples: async () => imageFolders("jpeg").map(onlyImages),
};
