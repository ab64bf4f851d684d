/**
 * labels/duplicate-object: is every object labelled once?
 *
 * Two tracks whose boxes lie on each other (centres within 5 % of the box, sizes within 10 %: an overlap of about 0.9) in at least five frames.
 * Found before identities are judged: tracks on one object never swap.
 */
import { framesOf, sequenceCheck, tracksOf } from "./_sequence.ts";

export const duplicateObject = sequenceCheck({
  id: "labels/duplicate-object",
  title: "Is every object labelled once?",
  kinds: {
    duplicate: { severity: "error", meaning: "two tracks lie on one object" },
  },
  blindSpots: [
    "two labels on one object in fewer than five frames",
    "labels of different classes or sizes on one object",
    "boxes without a track",
    "of more than 50 labels on one spot in a frame each is held against the 49 next to it on either side: a crowd may be told as several",
  ],
  unobservable: ({ tracks }) => (tracks < 2 ? "one track has no double" : null),
  describe(finding) {
    return `${tracksOf(finding)} lie on one object in ${finding.observed["framesTogether"]} frames, ${framesOf(finding)}`;
  },
});
