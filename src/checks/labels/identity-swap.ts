/**
 * labels/identity-swap: do tracks keep to their objects?
 *
 * A box off the straight line through its neighbours in time is a suspect; suspects whose expected places are each other's boxes have
 * exchanged places. See src/checks/labels/sequence/identities.ts.
 */
import { framesOf, sequenceCheck, tracksOf } from "./_sequence.ts";

export const identitySwap = sequenceCheck({
  id: "labels/identity-swap",
  title: "Do tracks keep to their objects?",
  kinds: {
    swap: { severity: "error", meaning: "two tracks exchange their boxes for one or some frames" },
    "persistent-swap": { severity: "error", meaning: "two tracks exchange their objects from one frame on" },
    rotation: { severity: "error", meaning: "three or more tracks pass their boxes round" },
  },
  blindSpots: [
    "objects closer to each other than four times the noise of their tracks",
    "a swap in the first or last frame of a track; one that lasts: in its first or last two",
    "tracks that lie on one object: labels/duplicate-object names them",
    "a swap from the first frame to the last",
  ],
  unobservable: ({ tracks }) => (tracks < 2 ? "one track has nobody to be confused with" : null),
  describe(finding) {
    const { kind, observed, expected } = finding;
    const at = `${tracksOf(finding)} ${kind === "persistent-swap" ? `from frame ${finding.frames?.[0]} on` : `in ${framesOf(finding)}`}`;
    return `${at}: exchanged (off by ${observed["residual"]}, by ${expected["residual"]} the other way round)`;
  },
});
