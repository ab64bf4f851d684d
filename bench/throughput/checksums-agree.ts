/** Before anything is timed: does everybody give the same digests? Every length 0..4200, at changing offsets. */
import { type Contender, DIGITS, type DigestName, hexOf } from "./checksums-contenders.ts";
import { everyLength } from "./checksums-input.ts";

const LONGEST = 4200;

/** For one digest: who agrees with the first contender, at every length. */
export interface Agreement {
  readonly digest: DigestName;
  readonly lengths: number;
  readonly agreeing: readonly string[];
  /** Who differs, and at which length first. */
  readonly differing: readonly string[];
}

export async function agree(contenders: readonly Contender[]): Promise<readonly Agreement[]> {
  const pieces = everyLength(LONGEST, 11);
  const agreements: Agreement[] = [];
  for (const digest of Object.keys(DIGITS) as DigestName[]) {
    const [first, ...others] = contenders.filter((one) => one.digest === digest && digest !== "limit");
    if (!first) continue;
    const expected = await digestsBy(first, pieces);
    const agreeing = [first.name];
    const differing: string[] = [];
    for (const other of others) {
      const wrong = (await digestsBy(other, pieces)).findIndex((hex, i) => hex !== expected[i]);
      if (wrong < 0) agreeing.push(other.name);
      else differing.push(`${other.name} (length ${wrong})`);
    }
    agreements.push({ digest, lengths: pieces.length, agreeing, differing });
  }
  return agreements;
}

async function digestsBy(contender: Contender, pieces: readonly Uint8Array[]): Promise<readonly string[]> {
  const run = contender.prepare(pieces);
  const hex: string[] = [];
  for (let i = 0; i < pieces.length; i++) hex.push(hexOf(await run(i), DIGITS[contender.digest]));
  return hex;
}
