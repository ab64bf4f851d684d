/** All kinds of input. */
import { featherKind, lasKind, lazKind, pcdKind } from "./clouds.ts";
import { bagKind, db3Kind, mcapKind, messagesKind } from "./containers.ts";
import { jpegKind, jsonKind, labelTablesKind, messagepackKind, pngKind, xmlKind } from "./labels.ts";
import type { Kind } from "./sample.ts";
import { proofKind, sealKind } from "./seals.ts";
import { faultsKind, rigKind, tablesKind } from "./tables.ts";

export const kinds: readonly Kind[] = [
  ...[mcapKind, messagesKind, bagKind, db3Kind],
  ...[lasKind, lazKind, pcdKind, featherKind],
  ...[jsonKind, xmlKind, labelTablesKind, messagepackKind, pngKind, jpegKind],
  ...[tablesKind, rigKind, faultsKind, sealKind, proofKind],
];
