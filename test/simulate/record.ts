/** A drive in memory, and its messages as mcap's own reader gives them. */
import decompress from "@foxglove/wasm-lz4";
import { McapStreamReader } from "@mcap/core";
import { digest } from "../../src/digest/digest.ts";
import { type DriveSummary, writeDrive } from "../../src/simulate/drive.ts";
import { loadSimulatorKernels } from "../../src/simulate/kernels.ts";
import { type DriveOptions, settingsOf } from "../../src/simulate/options.ts";

export interface Recorded extends DriveSummary {
  readonly mcap: Uint8Array;
  readonly truth: string;
}

/** Small enough for a test, large enough to have everything. */
export const SMALL: DriveOptions = { seed: 11, seconds: 2, lidar: { rings: 8, columns: 180 }, camera: { width: 64, height: 64 } };

export async function record(options: DriveOptions): Promise<Recorded> {
  const parts: Uint8Array[] = [];
  let truth = "";
  const summary = await writeDrive(settingsOf(options), await loadSimulatorKernels(), {
    drive: async (bytes) => void parts.push(bytes.slice()),
    truth: async (text) => {
      truth += text;
    },
  });
  return { ...summary, mcap: Buffer.concat(parts), truth };
}

export interface Message {
  readonly topic: string;
  readonly schema: string;
  readonly schemaText: string;
  readonly sequence: number;
  readonly logNs: bigint;
  readonly data: Uint8Array;
  readonly payload: string;
}

/** @param validateCrcs false to read past planted damage */
export async function messagesOf(mcap: Uint8Array, validateCrcs = true): Promise<readonly Message[]> {
  await decompress.isLoaded;
  const lz4 = (data: Uint8Array, size: bigint): Uint8Array => decompress(data, Number(size));
  const reader = new McapStreamReader({ decompressHandlers: { lz4 }, validateCrcs });
  reader.append(mcap);
  const schemas = new Map<number, { readonly name: string; readonly text: string }>();
  const channels = new Map<number, { readonly topic: string; readonly schemaId: number }>();
  const messages: Message[] = [];
  for (let found = reader.nextRecord(); found; found = reader.nextRecord()) {
    if (found.type === "Schema") schemas.set(found.id, { name: found.name, text: new TextDecoder().decode(found.data) });
    if (found.type === "Channel") channels.set(found.id, found);
    if (found.type !== "Message") continue;
    const channel = channels.get(found.channelId);
    const schema = schemas.get(channel?.schemaId ?? -1);
    messages.push({
      ...{ topic: channel?.topic ?? "", schema: schema?.name ?? "", schemaText: schema?.text ?? "" },
      ...{ sequence: found.sequence, logNs: found.logTime, data: found.data.slice(), payload: digest(found.data, "xxh3-64") },
    });
  }
  return messages;
}
