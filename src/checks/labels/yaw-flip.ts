/**
 * labels/yaw-flip: does any box turn about in one frame?
 *
 * A turn of nearly half a circle between neighbouring frames, in a track that otherwise turns slowly: front and back exchanged.
 */
import { framesOf, sequenceCheck, tracksOf } from "./_sequence.ts";

export const yawFlip = sequenceCheck({
  id: "labels/yaw-flip",
  title: "Does any box turn about in one frame?",
  kinds: {
    "yaw-flip": { severity: "error", meaning: "the heading of a track turns by half a circle in one frame" },
  },
  blindSpots: ["a heading that is wrong from the first box to the last", "objects that spin", "2D boxes have no heading"],
  unobservable: ({ dimensions }) => (dimensions === "2d" ? "2D boxes have no heading" : null),
  describe(finding) {
    return `${tracksOf(finding)} in ${framesOf(finding)}: the heading turns by ${finding.observed["turnRad"]} rad in one frame`;
  },
});
