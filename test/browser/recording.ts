/** Recordings as a page has them. */
import type { TestContext } from "vitest";
import { commands } from "vitest/browser";
import type { BrowserRecording } from "../../src/browser/index.ts";
import type { RecordingFile } from "./commands.ts";

declare module "vitest/browser" {
  interface BrowserCommands {
    checkOnNode: (name: string) => Promise<string>;
    checkLabelsOnNode: (file: string, text: string, recording: string | null) => Promise<string>;
    digestsOnNode: (lengths: readonly number[]) => Promise<readonly (readonly [name: string, digest: string])[]>;
    readRecording: (name: string) => Promise<readonly RecordingFile[] | null>;
    sealOnNode: (name: string, flags: readonly string[]) => Promise<string>;
    verifyOnNode: (name: string, base64: string, flip: number | null, seal: string) => Promise<string>;
  }
}

/** A generated one with planted defects. */
export const SAMPLE = "sample.mcap";

/** @param name a path below ../shared/data, or SAMPLE; skips the test where ../shared/data is absent */
export async function recording(name: string, context: TestContext): Promise<BrowserRecording> {
  const files = await commands.readRecording(name);
  if (!files) return context.skip("../shared/data is absent");
  const blobs = files.map(({ path, base64 }) => ({ path, blob: new Blob([fromBase64(base64)]) }));
  const [first, ...others] = blobs;
  if (first && others.length === 0 && !first.path.includes("/")) return new File([first.blob], first.path);
  const folder = first?.path.split("/")[0] ?? "";
  return { name: folder, files: blobs.map(({ path, blob }) => ({ path: path.slice(folder.length + 1), blob })) };
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
