/**
 * The table of checks in README.md, written between its two markers from the checks themselves (`npm run readme`).
 * A test is red when it is stale. Needs a Node that runs .ts files (>= 22.18), as `npm run` finds after set-up.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const README = new URL("../README.md", import.meta.url);
const BEGIN = "<!-- checks: written by `npm run readme` -->";
const END = "<!-- /checks -->";

/**
 * @param {string} readme
 * @param {readonly import("../src/check/check.ts").Check[]} checks
 * @returns {string} the same text with a fresh table
 */
export function withTable(readme, checks) {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new RangeError(`README.md: expected the markers ${BEGIN} and ${END}, in this order`);
  const rows = checks.map((check) => [`\`${check.id}\``, String(check.level), check.title, check.blindSpots.join("; ")]);
  const lines = [["Check", "Level", "Question", "What it cannot see"], ["---", "---", "---", "---"], ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`,
  );
  return `${readme.slice(0, begin + BEGIN.length)}\n${lines.join("\n")}\n${readme.slice(end)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { checks } = await import("../src/checks/index.ts");
  writeFileSync(README, withTable(readFileSync(README, "utf8"), checks));
}
