/** What runs on a page without a test runner, and what the browser tests share with it. */
import { type BrowserRecording, check } from "../../src/browser/index.ts";
import * as elementary from "../../src/geometry/elementary.ts";
import { render } from "../../src/report/json.ts";
import type { RecordingFile } from "./commands.ts";

/** Files of one recording, below its own name, as a page has them. */
export function recordingOf(files: readonly RecordingFile[]): BrowserRecording {
  const blobs = files.map(({ path, base64 }) => ({ path, blob: new Blob([fromBase64(base64)]) }));
  const [first, ...others] = blobs;
  if (first && others.length === 0 && !first.path.includes("/")) return new File([first.blob], first.path);
  const folder = first?.path.split("/")[0] ?? "";
  return { name: folder, files: blobs.map(({ path, blob }) => ({ path: path.slice(folder.length + 1), blob })) };
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** @param url of a list of `RecordingFile`; @returns the JSON report */
export async function reportOf(url: string): Promise<string> {
  const files = (await (await fetch(url)).json()) as readonly RecordingFile[];
  return render([await check(recordingOf(files))]);
}

/** @returns the bits, as numbers, of each elementary function at arguments of all sizes */
export function bits(): Record<string, readonly number[]> {
  const { sin, cos, tan, atan, atan2, asin, exp, log, pow, hypot } = elementary;
  const functions = { sin, cos, tan, atan, asin, exp, log, atan2, pow, hypot };
  const all: Record<string, readonly number[]> = {};
  for (const [name, of] of Object.entries(functions)) {
    const values = new Float64Array(4000);
    let x = 1;
    for (let i = 0; i < values.length; i++) {
      // Any fixed sequence that visits every size; within what all of them take.
      x = (x * 48_271) % 2_147_483_647;
      const scale = [1, 1e-9, 1e3, 1e-3, 20][i % 5] ?? 1;
      const argument = (x / 2_147_483_647 - (name === "log" || name === "pow" ? 0 : 0.5)) * (name === "asin" ? 2 : scale);
      values[i] = of(argument, 1.75);
    }
    all[name] = Array.from(new Uint32Array(values.buffer));
  }
  return all;
}
