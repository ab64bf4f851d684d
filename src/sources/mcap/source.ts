/**
 * MCAP (https://mcap.dev/spec): chunked or not, indexed or not, intact or not.
 *
 * Opening hops over the record headers and trusts no index it has not compared with them; a reader loads a span whole
 * into kernel memory and decodes it there. What the index says, what the records say and what the checksums say is
 * compared everywhere; each contradiction is a damage at its bytes, and reading goes on behind it.
 */
import type { Source } from "../../pipeline/source.ts";
import type { McapDetail } from "./detail.ts";
import { detectMcap, openMcap } from "./open.ts";
import { McapReader } from "./reader.ts";

export const mcap: Source = {
  format: "mcap",
  title: "MCAP recording (.mcap)",
  detect: detectMcap,
  open: openMcap,
  reader: (input, index, kernels, platform) => new McapReader(input, index.detail as McapDetail, index.streams.length, kernels, platform),
};
