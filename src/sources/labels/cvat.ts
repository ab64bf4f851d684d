/**
 * CVAT for video 1.1 (and for images): `<track id label><box frame outside xtl ytl xbr ybr/></track>`, `<image id><box label …/></image>`.
 *
 * A box that is `outside` is where a track is not to be seen: it is left out. Points, polygons, masks and skeletons are left out.
 * There is no clock: stamps are nominal, 30 Hz by the frame's number. The annotator is the task's assignee, where it names one.
 * Several tasks in one file are several streams. Format: https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/.
 *
 * The text goes through the parser as one character per byte, so that its positions are bytes; names are put together again.
 */
import { SaxesParser } from "saxes";
import { type Input, readRange } from "../../input.ts";
import { parseNumber } from "../tables/text.ts";
import { allNumbers } from "./json.ts";
import { type Importer, type LabelFile, type LabelSet, labelSource, REASON, stemOf } from "./label-set.ts";

const NOMINAL_HZ = 30;
const HEAD_BYTES = 64 << 10;
/** Given to the parser at a time. */
const PIECE_BYTES = 1 << 16;
/** Elements within each other; the format has 6. */
const MAX_DEPTH = 64;
/** XML files of a folder that are looked into. */
const MAX_CANDIDATES = 256;

const importer: Importer = {
  format: "cvat",
  title: "CVAT for video or for images 1.1 (XML)",

  find(input) {
    const found: LabelFile[] = [];
    let looked = 0;
    for (const [file, { path, size }] of input.files.entries()) {
      if (!(input.kind === "file" || path.endsWith(".xml")) || looked >= MAX_CANDIDATES) continue;
      looked++;
      if (looksLikeCvat(input, file, size)) found.push({ file, stem: stemOf(path) });
    }
    return found;
  },

  read(bytes, _file, out) {
    const reader = new CvatReader(out);
    const parser = new SaxesParser();
    let problem: { at: number; reason: string } | null = null;
    let opened = 0;
    parser.on("opentagstart", () => {
      opened = parser.position;
    });
    parser.on("opentag", ({ name, attributes, isSelfClosing }) => {
      if (problem) return;
      reader.open(name, attributes, tagStart(bytes, Math.min(opened, bytes.length) - 1));
      if (reader.depth > MAX_DEPTH) problem = { at: parser.position, reason: "too many elements within each other" };
      if (isSelfClosing) return;
    });
    parser.on("text", (text) => !problem && reader.text(text));
    parser.on("closetag", () => !problem && reader.close());
    parser.on("error", () => {
      problem ??= { at: parser.position, reason: "not XML" };
    });
    for (let start = 0; start < bytes.length && !problem && !out.full; start += PIECE_BYTES) {
      parser.write(latin1(bytes.subarray(start, start + PIECE_BYTES)));
    }
    if (!problem && !out.full) parser.close();
    // The compiler does not see what the handlers assign.
    const broken = problem as { at: number; reason: string } | null;
    if (broken) out.damage("malformed-table", [Math.min(broken.at, bytes.length), bytes.length], { reason: broken.reason });
    reader.finish();
  },
};

export const cvat = labelSource(importer);

function looksLikeCvat(input: Input, file: number, size: number): boolean {
  const head = latin1(readRange(input, file, 0, Math.min(size, HEAD_BYTES)));
  return /^(?:\xef\xbb\xbf)?\s*</.test(head) && /<annotations[\s>]/.test(head) && /<(?:track|image|meta|version)[\s>/]/.test(head);
}

type Attributes = Readonly<Record<string, string>>;

/** Elements in the order of the text, to rows. */
class CvatReader {
  /** Open elements. */
  depth = 0;
  readonly #out: LabelSet;
  readonly #path: string[] = [];
  #text = "";
  #assignee = "";
  #size = { width: Number.NaN, height: Number.NaN };
  /** Of the outer element; inner tracks are parts of skeletons. */
  #track: { id: string; class: string; task: string } | null = null;
  #image = -1;
  readonly #tasks = new Set<string>();

  constructor(out: LabelSet) {
    this.#out = out;
  }

  open(name: string, attributes: Attributes, start: number): void {
    this.depth++;
    this.#path.push(name);
    this.#text = "";
    const isOuter = this.#path.length === 2;
    if (name === "track" && isOuter) {
      this.#track = { id: utf8(attributes["id"]), class: utf8(attributes["label"]), task: utf8(attributes["task_id"]) };
    } else if (name === "image" && isOuter) this.#openImage(attributes, start);
    else if (name === "box" && this.#path.length === 3) this.#box(attributes, start);
  }

  text(text: string): void {
    if (this.#text.length < 256) this.#text += text.slice(0, 256);
  }

  close(): void {
    this.depth--;
    const path = this.#path.join("/");
    const text = utf8(this.#text.trim());
    if (path.endsWith("/assignee/username") || path.endsWith("/assignee")) this.#assignee ||= text;
    else if (path.endsWith("/original_size/width")) this.#size.width = number(text);
    else if (path.endsWith("/original_size/height")) this.#size.height = number(text);
    const name = this.#path.pop();
    if (this.#path.length === 1 && name === "track") this.#track = null;
    if (this.#path.length === 1 && name === "image") this.#image = -1;
    this.#text = "";
  }

  /** Once all is read: the size of the images holds for every task. */
  finish(): void {
    const { width, height } = this.#size;
    if (width > 0 && height > 0) for (const task of this.#tasks) this.#out.imageSize(task, { width, height });
  }

  #frame(task: string, text: string, start: number): number {
    this.#tasks.add(task);
    this.#out.sequence(task, { type: "CVAT boxes", nominalHz: NOMINAL_HZ, unordered: true });
    const frame = this.#out.frame(task, number(text));
    if (frame < 0) this.#out.complain(-1, REASON.number, [start, start + 1]);
    this.#out.run(frame, start);
    return frame;
  }

  #openImage(attributes: Attributes, start: number): void {
    const task = utf8(attributes["task_id"]);
    this.#image = this.#frame(task, attributes["id"] ?? "", start);
    const [width, height] = [number(attributes["width"]), number(attributes["height"])];
    if (width > 0 && height > 0) this.#out.imageSize(task, { width, height });
  }

  #box(attributes: Attributes, start: number): void {
    const { next } = this.#out;
    const track = this.#track;
    const frame = track ? this.#frame(track.task, attributes["frame"] ?? "", start) : this.#image;
    if (frame < 0 || attributes["outside"] === "1") return;
    next.track = track?.id ?? "";
    next.class = track?.class ?? utf8(attributes["label"]);
    next.annotator = this.#assignee;
    next.box2d.set([number(attributes["xtl"]), number(attributes["ytl"]), number(attributes["xbr"]), number(attributes["ybr"])]);
    this.#out.run(frame, start);
    if (allNumbers(next.box2d)) this.#out.keep(frame);
    else {
      this.#out.clear();
      this.#out.complain(frame, REASON.notANumber);
    }
  }
}

/** One character per byte. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

/** The characters of `latin1` as the UTF-8 they are. */
function utf8(text = ""): string {
  const bytes = Uint8Array.from(text.slice(0, 512), (c) => c.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

function number(text = ""): number {
  const bytes = new TextEncoder().encode(text.slice(0, 64).trim());
  return parseNumber(bytes, 0, bytes.length);
}

/** The `<` before a position. */
function tagStart(bytes: Uint8Array, position: number): number {
  return Math.max(0, bytes.lastIndexOf(60, Math.max(0, position)));
}
