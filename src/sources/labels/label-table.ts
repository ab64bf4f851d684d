/** A table of boxes among other tables: one label stream of a recording that is read as a folder of tables. */
import { type DecodeTable, noFrames } from "../parts.ts";
import { LabelSet } from "./label-set.ts";
import { type LabelTableOptions, readLabelRows } from "./labels-table.ts";

export const readLabelTable: DecodeTable = (table, needs, kernels) => {
  const set = new LabelSet(table.path);
  set.clear();
  readLabelRows(kernels.u8(table.pointer, table.bytes), table.options as LabelTableOptions, set);
  const facts = set.facts();
  const [block] = set.blocks(table, new Map([["", 0]]), needs, kernels);
  if (!block) return noFrames(facts.damages, facts.moreDamages);
  const { frames, malformed, labels } = block;
  return {
    stampNs: frames.stampNs,
    sequence: frames.sequence,
    pointer: frames.pointer,
    bytes: Uint32Array.from(frames.bytes),
    start: frames.start,
    end: frames.end,
    malformed,
    columns: labels ? { labels } : {},
    ...facts,
  };
};
