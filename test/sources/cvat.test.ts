import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cvat } from "../../src/sources/labels/cvat.ts";
import { testShared } from "../shared-data.ts";
import { labelFile, readLabels, standsAnyBytes } from "./label-file.ts";
import { diskInput, readAll, tally } from "./read-all.ts";

testShared("CVAT's own example: one box of a track that then leaves", async (shared) => {
  const input = diskInput(join(shared, "3-labels/cvat-video/cvat-ai"));
  expect(cvat.detect(input)).toBe(true);
  const { streams, damages } = await readAll(cvat, input);
  expect(damages).toEqual([]);
  expect(streams["annotations"]?.info.imageSize).toEqual({ width: 25, height: 20 });
  expect(streams["annotations"]?.sequence).toEqual([10, 13, 16]);
  expect(streams["annotations"]?.labels).toMatchObject([{ frame: 0, track: "0", class: "II", box2d: [3, 4, 10, 5] }]);
});

const XML = `<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><assignee><username>zo\u00eb</username></assignee><original_size><width>640</width><height>480</height></original_size></task></meta>
  <track id="0" label="M\u00fcll &amp; co"><box frame="1" outside="0" xtl="1.5" ytl="2" xbr="3" ybr="4"></box><box frame="0" outside="0" xtl="1" ytl="2" xbr="3" ybr="4"/></track>
  <track id="1" label="car"><box frame="1" outside="1" xtl="1" ytl="2" xbr="3" ybr="4"/></track>
</annotations>
`;

describe("what it reads", () => {
  test("frames by number, names in UTF-8, the assignee as annotator", async () => {
    const { streams } = await readLabels(cvat, "a.xml", XML);
    const stream = streams["a"];
    expect(stream?.sequence).toEqual([0, 1]);
    expect(stream?.labels).toMatchObject([
      { frame: 0, class: "M\u00fcll & co", box2d: [1, 2, 3, 4] },
      { frame: 1, class: "M\u00fcll & co", box2d: [1.5, 2, 3, 4] },
    ]);
    expect(stream?.info.imageSize).toEqual({ width: 640, height: 480 });
    expect(stream?.bytes.reduce((a, b) => a + b, 0)).toBe(new TextEncoder().encode(XML).length);
  });

  test("images: boxes without tracks", async () => {
    const xml =
      '<annotations><version>1.1</version><image id="3" name="x.jpg" width="64" height="48"><box label="car" xtl="1" ytl="2" xbr="3" ybr="4"/></image></annotations>';
    const { streams } = await readLabels(cvat, "a.xml", xml);
    expect(streams["a"]?.labels).toMatchObject([{ track: null, class: "car" }]);
    expect(streams["a"]?.sequence).toEqual([3]);
  });
});

describe("broken files", () => {
  test("a text that is cut off keeps what was whole", async () => {
    const { streams, damages } = await readLabels(cvat, "a.xml", XML.slice(0, XML.indexOf('<track id="1"') + 20));
    expect(tally(streams["a"])).toMatchObject({ boxes: 2 });
    expect(damages).toMatchObject([{ kind: "malformed-table", observed: { reason: "not XML" } }]);
  });

  test("a coordinate that is no number", async () => {
    const { streams } = await readLabels(cvat, "a.xml", XML.replace('xtl="1.5"', 'xtl="nan"'));
    expect(streams["a"]?.malformed).toEqual([{ frame: 1, reason: "not a finite number" }]);
  });

  test("elements within each other by the thousand end in a line, not in a crash", async () => {
    const { damages } = await readLabels(cvat, "a.xml", XML.replace("</annotations>", "<a>".repeat(100_000)));
    expect(damages).toMatchObject([{ observed: { reason: "too many elements within each other" } }]);
  });

  test("other XML is not taken for it", () => {
    expect(cvat.detect(labelFile("a.xml", "<annotation><folder>VOC</folder></annotation>"))).toBe(false);
  });

  test("any bytes", () => standsAnyBytes(cvat, { "a.xml": XML }));
});
