/** What a bag's metadata says, against its databases. */
import type { ContainerClaims, Damage, Plain } from "../../types.ts";
import type { Connection } from "../tables/message-rows.ts";
import type { BagMetadata } from "./metadata.ts";

/** Notes a contradiction, at the place of the metadata. */
export type Claim = (
  kind: string,
  severity: Damage["severity"],
  observed: Readonly<Record<string, Plain>>,
  expected: Readonly<Record<string, Plain>>,
) => void;

/** Topics the metadata lists, each of which must be in a database with the same type and form. */
export function compareTopics({ topics }: BagMetadata, connections: readonly Connection[], claim: Claim): void {
  for (const { name, type, format } of topics) {
    const same = connections.filter(({ topic }) => topic === name);
    const [first] = same;
    const isThere = same.some(({ schema }) => schema.schemaName === type && schema.messageEncoding === format);
    if (isThere) continue;
    const observed = first ? { type: first.schema.schemaName, serializationFormat: first.schema.messageEncoding } : { type: null };
    claim("index-mismatch", "error", { topic: name, ...observed }, { type, ...(first && { serializationFormat: format }) });
  }
  if (topics.length === 0) return;
  const listed = new Set(topics.map(({ name }) => name));
  for (const topic of new Set(connections.map(({ topic }) => topic))) {
    if (!listed.has(topic)) claim("index-mismatch", "warning", { topic, listed: false }, { listed: true });
  }
}

/**
 * Files the metadata lists, and how many messages it says are in each. Where it counts them by topic too and there is one file,
 * that is left to the count by topic.
 * @param files base name and messages of those that were read
 */
export function compareFiles(
  { files, perFile, topics }: BagMetadata,
  read: readonly { readonly path: string; readonly messages: number }[],
  there: ReadonlySet<string>,
  claim: Claim,
): void {
  for (const path of files) if (!there.has(path)) claim("missing-file", "error", { file: path, there: false }, { there: true });
  for (const { path, messages } of read) {
    if (files.length > 0 && !files.includes(path)) claim("index-mismatch", "warning", { file: path, listed: false }, { listed: true });
    const claimed = perFile.get(path);
    if (claimed === undefined || claimed === messages || (topics.length > 0 && read.length === 1)) continue;
    claim("statistics-mismatch", "error", { file: path, messages }, { messages: claimed });
  }
}

/** What only the whole can show: messages by stream, first and last time. */
export function claimsOf({ topics, timeNs }: BagMetadata, connections: readonly Connection[]): ContainerClaims {
  const frames = new Map<number, number>();
  for (const { name, type, messages } of topics) {
    const one = connections.find(({ topic, schema }) => topic === name && schema.schemaName === type);
    if (one) frames.set(one.stream, (frames.get(one.stream) ?? 0) + messages);
  }
  return { ...(frames.size > 0 && { frames }), ...(timeNs && { timeNs }) };
}
