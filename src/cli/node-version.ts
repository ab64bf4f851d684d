/** The oldest Node that has all this needs: the CPU clock per thread, zstd and SQLite. */
const NEEDED = [22, 18] as const;

/** What is wrong with this version of Node, in one line; null when it will do. */
export function nodeProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
  return enough ? null : `expected Node >= ${NEEDED.join(".")}, got ${version}`;
}
