/**
 * labels/class-flip: does every track keep its class?
 *
 * Runs of classes along a track: A..A B A..A with a run of B of at most five rows, shorter than the runs around it, flickers; A..A B..B of three
 * rows each switches; two tracks that exchange their classes in one frame are one swap. Identities are repaired before: a swapped
 * track brings its class along.
 */
import { framesOf, sequenceCheck, tracksOf } from "./_sequence.ts";

export const classFlip = sequenceCheck({
  id: "labels/class-flip",
  title: "Does every track keep its class?",
  kinds: {
    "class-flicker": { severity: "error", meaning: "a track has another class for at most five frames" },
    "class-switch": { severity: "error", meaning: "a track has another class from one frame on" },
    "class-swap": { severity: "error", meaning: "two tracks exchange their classes" },
  },
  blindSpots: [
    "a class that is wrong from the first box to the last",
    "a switch within the first or last three boxes of a track",
    "boxes without a track",
  ],
  unobservable: () => null,
  describe(finding) {
    const { kind, observed, expected } = finding;
    const at = `${tracksOf(finding)} in ${framesOf(finding)}`;
    if (kind === "class-swap") return `${at}: classes ${String(observed["classes"])}, expected ${String(expected["classes"])}`;
    return `${at}: class ${observed["class"]}, expected ${expected["class"]}`;
  },
});
