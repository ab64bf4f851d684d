/**
 * labels/jitter: do boxes keep still on their tracks?
 *
 * A stretch in which most residuals stand out from the track's own and point against each other. See src/checks/labels/sequence/jitter.ts.
 */
import { framesOf, sequenceCheck, tracksOf } from "./_sequence.ts";

export const jitter = sequenceCheck({
  id: "labels/jitter",
  title: "Do boxes keep still on their tracks?",
  kinds: {
    jitter: { severity: "warning", meaning: "the boxes of a track shake for some frames" },
  },
  blindSpots: [
    "noise as strong over the whole track",
    "shaking of less than 0.15 m, or 3.5 % of the width of a 2D box, and of fewer than seven boxes",
    "edges of 2D boxes at the border of the image",
  ],
  unobservable: () => null,
  observed: ({ annotators }) => ({ noise: annotators.map(({ annotator, boxes, figures }) => ({ annotator, boxes, ...figures })) }),
  describe(finding) {
    const { observed, expected } = finding;
    return `${tracksOf(finding)} in ${framesOf(finding)}: boxes shake by ${observed["residual"]}, elsewhere by ${expected["residual"]}`;
  },
});
