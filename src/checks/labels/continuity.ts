/**
 * labels/continuity: is every track one object without leaps or holes?
 *
 * After frames and identities are repaired, each track against its own line. See src/checks/labels/sequence/continuity.ts.
 */
import { framesOf, sequenceCheck, tracksOf } from "./_sequence.ts";

export const continuity = sequenceCheck({
  id: "labels/continuity",
  title: "Is every track one object, without leaps or holes?",
  kinds: {
    teleport: { severity: "error", meaning: "one box lies far off the line of its track, which goes on as if it were not there" },
    missing: { severity: "warning", meaning: "a track has no box in one frame between two on each side" },
    ghost: { severity: "warning", meaning: "a track of a single box in the middle of the recording" },
    broken: { severity: "warning", meaning: "a track ends where another of its class and size begins" },
  },
  blindSpots: [
    "leaps of less than 0.5 m, or 0.3 widths of a 2D box",
    "holes of more than one frame: occlusions look the same",
    "a single box that belongs to nothing but was there for good reason",
    "a track that goes on under a new id after more than three frames, or where two could be its heir, or more than 400 begin at once",
  ],
  unobservable: () => null,
  describe(finding) {
    const { kind, observed, expected } = finding;
    const at = `${tracksOf(finding)} in ${framesOf(finding)}`;
    if (kind === "teleport") return `${at}: the box is off its track by ${observed["off"]}, usual is ${expected["off"]}`;
    if (kind === "missing") return `${at}: no box between two on each side`;
    if (kind === "ghost") return `${at}: a track of one box`;
    return `${at}: one object under two ids (off by ${observed["off"]}, gap of ${observed["gapFrames"]} frames)`;
  },
});
