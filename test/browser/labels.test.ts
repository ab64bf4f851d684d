/** Label files on a page: alone and beside a recording, Node's report byte for byte. */
import { describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import { ConfigError, check } from "../../src/browser/index.ts";
import { render } from "../../src/report/json.ts";
import { recording, SAMPLE } from "./recording.ts";

const coco = JSON.stringify({
  images: [0, 1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 64, height: 48, video_id: 1, frame_id: id })),
  videos: [{ id: 1, name: "drive", fps: 10 }],
  annotations: [0, 1, 2, 2].map((image_id, i) => ({
    id: i,
    image_id,
    category_id: 1 + (i % 2),
    bbox: [1, 2, i === 1 ? -3 : 3, 4],
    track_id: 7,
  })),
  categories: [{ id: 1, name: "car" }],
});
const table = `timestamp,track,class,x,y,z,l,w,h,yaw\n${[0, 1, 2].map((i) => `1700000000.12345678${i},7,car,1,2,3,4,2,1.5,0.${i}\n`).join("")}`;
const xml =
  '<annotations><version>1.1</version><track id="0" label="M\u00fcll"><box frame="1" outside="0" xtl="1" ytl="2" xbr="3" ybr="nan"/></track><';

describe("Node's JSON byte for byte", () => {
  test.each([
    ["boxes.json", coco],
    ["scene.json", `[{"name":"a","videoName":"v","frameIndex":0,"timestamp":1700000000123.456789,"labels":[]}]`],
    ["boxes.csv", table],
    ["boxes.xml", xml],
  ])("%s", async (name, text) => {
    expect(render([await check(new File([text], name))])).toBe(await commands.checkLabelsOnNode(name, text, null));
  });

  test("labels beside a recording", async (context) => {
    const report = await check(await recording(SAMPLE, context), { labels: [new File([coco], "boxes.json")] });
    expect(render([report])).toBe(await commands.checkLabelsOnNode("boxes.json", coco, SAMPLE));
    expect(report.recording.streams.map(({ id }) => id)).toContain("boxes");
  });
});

test("labels that are none are a ConfigError", async (context) => {
  const file = await recording(SAMPLE, context);
  await expect(check(file, { labels: [new File(["{}"], "x.json")] })).rejects.toThrow(ConfigError);
});
