/** What is asked: recall of what can be seen, and the share of those found that is right to the frame. */
export interface Target {
  readonly recall: number;
  readonly exact: number;
}

const ALL: Target = { recall: 1, exact: 1 };
const BY_KIND: Readonly<Record<string, Target | { readonly "2d": Target; readonly "3d": Target }>> = {
  swap: { "2d": { recall: 0.998, exact: 0.998 }, "3d": ALL },
  "persistent-swap": { recall: 0.995, exact: 1 },
  rotation: { recall: 0.998, exact: 0.998 },
  exchange: { recall: 0.998, exact: 1 },
  stale: { recall: 1, exact: 0.98 },
  "shift-1": { "2d": { recall: 0.99, exact: 0.95 }, "3d": { recall: 0.99, exact: 0.99 } },
  "shift-2": { "2d": { recall: 0.99, exact: 0.95 }, "3d": { recall: 0.99, exact: 0.99 } },
  teleport: { recall: 0.998, exact: 0.998 },
  broken: { recall: 0.999, exact: 1 },
  jitter: { "2d": { recall: 0.85, exact: 0.88 }, "3d": { recall: 0.98, exact: 0.95 } },
};

export function targetOf(kind: string, dimensions: "2d" | "3d"): Target {
  const found = BY_KIND[kind] ?? ALL;
  return "recall" in found ? found : found[dimensions];
}

/** Echoes per fault; false alarms per 10,000 frames on clean data and added on damaged data. */
export const MOST_ECHOES = 0.02;
export const MOST_ADDED = 2;
/** Recall with several kinds in one file, against one kind. */
export const MOST_MIXED_LOSS = 0.02;
export const MOST_CLEAN: Readonly<Record<"2d" | "3d", number>> = { "2d": 10, "3d": 1 };
