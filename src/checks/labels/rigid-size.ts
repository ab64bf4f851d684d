/**
 * labels/rigid-size: do rigid objects keep their size?
 *
 * The size of a 3D box is a property of its object: within a track it differs by less than 2 % or a centimetre from the usual one.
 * 2D boxes breathe and are not asked.
 */
import { framesOf, sequenceCheck, tracksOf } from "./_sequence.ts";

export const rigidSize = sequenceCheck({
  id: "labels/rigid-size",
  title: "Do rigid objects keep their size?",
  kinds: {
    "size-jump": { severity: "warning", meaning: "a 3D box of a track has another size for some frames" },
    "size-drift": { severity: "warning", meaning: "the size of a track changes over many frames" },
  },
  blindSpots: [
    "2D boxes",
    "changes within what sizes usually differ by where annotators measure anew in every frame",
    "objects that do change their size: pedestrians with open arms, articulated vehicles",
  ],
  unobservable: ({ dimensions }) => (dimensions === "2d" ? "2D boxes breathe with their objects" : null),
  describe(finding) {
    const { observed, expected } = finding;
    return `${tracksOf(finding)} in ${framesOf(finding)}: size ${String(observed["sizeM"])} m, usual is ${String(expected["sizeM"])} m`;
  },
});
