/** What an unexpected exception shows: its message, or with PLUMBLINE_DEBUG set its trace. */
export function debugTrace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (process.env["PLUMBLINE_DEBUG"]) process.stderr.write(`${error.stack ?? error.message}\n`);
  return error.message.split("\n", 1)[0] || error.name;
}
