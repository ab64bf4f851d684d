/** Where a command may write: its targets and, where the shell has sent it into a file, its stdout. Whatever it reads stays as it is. */

import { ConfigError } from "../index.ts";
import { claimOf } from "../node/belongings.ts";
import type { Written } from "../node/ours.ts";
import { placeOfDescriptor } from "../node/place.ts";
import { checkTargets as check } from "../node/targets.ts";
import { EXIT } from "../pipeline/exit-code.ts";

/** A flag, the path it was given, and what will be written there. */
export type FlagTarget = readonly [flag: string, path: string | undefined, kind: Written];

/**
 * @param inputs paths of everything the command reads; those of flags that were not given are undefined
 * @throws ConfigError with one clear line, before any work
 */
export function checkTargets(targets: readonly FlagTarget[], inputs: readonly (string | undefined)[], force = false): void {
  const given = inputs.filter((path) => path !== undefined);
  // What could be said would be written into the input.
  if (streamClaim(2, given) !== null) process.exit(EXIT.usage);
  const claim = streamClaim(1, given);
  if (claim !== null) throw new ConfigError(`stdout: expected a file of its own, got ${claim}`);
  check(
    targets.flatMap(([flag, path, kind]) => (path === undefined ? [] : [{ flag, path, kind }])),
    given,
    force,
  );
}

/** Of a stream that goes into a file which held something before. */
function streamClaim(descriptor: number, inputs: readonly string[]): string | null {
  const place = placeOfDescriptor(descriptor);
  if (place?.kind !== "file" || place.size === 0) return null;
  for (const input of inputs) {
    const claim = claimOf(input, place);
    if (claim !== null) return claim;
  }
  return null;
}
