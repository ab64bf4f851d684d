/** What an unexpected exception shows: its message, or with PLUMBLINE_DEBUG set its trace. */
import { visible } from "../report/escape.ts";

export function debugTrace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (process.env["PLUMBLINE_DEBUG"]) process.stderr.write(`${(error.stack ?? error.message).split("\n").map(visible).join("\n")}\n`);
  return error.message.split("\n", 1)[0] || error.name;
}
