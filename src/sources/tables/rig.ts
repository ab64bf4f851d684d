/** The rig that lies in a recording's folder. */
import { ConfigError } from "../../errors.ts";
import { type Input, readAll } from "../../input.ts";
import { MAX_RIG_BYTES, parseRig } from "../../rig/file.ts";
import type { Rig } from "../../rig/rig.ts";

/** Null where there is none. One that cannot be read is reported by whoever was asked to use it. */
export function folderRig(input: Input): Rig | null {
  const file = input.kind === "folder" ? input.files.findIndex(({ path }) => path === "rig.yaml") : -1;
  if (file < 0 || (input.files[file]?.size ?? 0) > MAX_RIG_BYTES) return null;
  try {
    return parseRig(new TextDecoder().decode(readAll(input, file)), "rig.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}
