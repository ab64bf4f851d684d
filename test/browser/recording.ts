/** Recordings as a page has them. */
import type { TestContext } from "vitest";
import { commands } from "vitest/browser";
import type { BrowserRecording } from "../../src/browser/index.ts";
import type { RecordingFile } from "./commands.ts";
import { recordingOf } from "./on-page.ts";

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
  return recordingOf(files);
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
