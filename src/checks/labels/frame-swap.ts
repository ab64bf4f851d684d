/**
 * labels/frame-swap: are the labels of each frame its own?
 *
 * All tracks of a frame are asked together, in the frame of reference the labels were delivered in: two sets fit better the other
 * way round, or a set repeats an earlier one exactly though its tracks were moving. See src/checks/labels/sequence/frame-sets.ts.
 */
import { framesOf, sequenceCheck } from "./_sequence.ts";

export const frameSwap = sequenceCheck({
  id: "labels/frame-swap",
  title: "Are the labels of each frame its own?",
  kinds: {
    exchange: { severity: "error", meaning: "the labels of two neighbouring frames are exchanged" },
    stale: { severity: "error", meaning: "a frame has the labels of the one before" },
    shift: { severity: "error", meaning: "the labels of a stretch are some frames late or early" },
  },
  blindSpots: [
    "a lag of the whole recording: only points, pixels or poses can show it",
    "frames in which nothing moves",
    "sets exchanged over more than one frame, or delivered more than two frames off",
    "a set that was delivered early or late and changed on the way",
  ],
  unobservable: ({ moving }) => (moving === 0 ? "nothing moves" : null),
  describe(finding) {
    const { kind, observed, expected } = finding;
    const at = framesOf(finding);
    if (kind === "exchange")
      return `${at}: label sets exchanged (off by ${observed["residual"]}, by ${expected["residual"]} the other way round)`;
    if (kind === "stale")
      return `${at}: the labels are those of frame ${observed["identicalTo"]}, ${observed["tracksMoving"]} tracks were moving`;
    return `${at}: the labels are ${Math.abs(Number(observed["frames"]))} frame(s) ${Number(observed["frames"]) < 0 ? "late" : "early"}`;
  },
});
