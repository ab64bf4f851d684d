/** What a ROS 2 bag says about itself: metadata.yaml beside the databases, or the same text in a table of the database. */
import { parseDocument } from "yaml";

/** A bag of a thousand topics in a thousand files has some megabytes. */
export const MAX_METADATA_BYTES = 16 << 20;

export interface TopicClaim {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly messages: number;
}

export interface BagMetadata {
  /** Base names, in the order they were recorded. */
  readonly files: readonly string[];
  readonly messages: number | null;
  /** First and last logged time; null where there are no messages or it was never filled in. */
  readonly timeNs: readonly [bigint, bigint] | null;
  readonly topics: readonly TopicClaim[];
  /** Messages by base name of the file, where that is said. */
  readonly perFile: ReadonlyMap<string, number>;
  /** "file" or "message" where the bag is compressed, else "". */
  readonly compression: string;
}

/** The time of a bag nothing was written to. */
const UNSET_NS = 2n ** 63n - 1n;

/** @returns null where the text is no metadata of a bag */
export function parseMetadata(text: string): BagMetadata | null {
  if (text.length > MAX_METADATA_BYTES) return null;
  const document = parseDocument(text, { intAsBigInt: true });
  if (document.errors.length > 0) return null;
  let whole: unknown;
  try {
    whole = document.toJS({ maxAliasCount: 0 });
  } catch {
    return null;
  }
  const bag = at(whole, "rosbag2_bagfile_information") ?? whole;
  const paths = listOf(at(bag, "relative_file_paths"));
  if (paths.length === 0 && at(bag, "version") === undefined) return null;
  const startNs = bigintOf(at(bag, "starting_time", "nanoseconds_since_epoch"));
  const durationNs = bigintOf(at(bag, "duration", "nanoseconds"));
  const messages = countOf(at(bag, "message_count"));
  const isTimed = messages !== 0 && startNs !== null && durationNs !== null && startNs !== UNSET_NS;
  return {
    files: paths.map((path) => baseName(textOf(path))),
    messages,
    timeNs: isTimed ? [startNs, startNs + durationNs] : null,
    topics: listOf(at(bag, "topics_with_message_count")).map((one) => ({
      name: textOf(at(one, "topic_metadata", "name")),
      type: textOf(at(one, "topic_metadata", "type")),
      format: textOf(at(one, "topic_metadata", "serialization_format")),
      messages: countOf(at(one, "message_count")) ?? 0,
    })),
    perFile: new Map(
      listOf(at(bag, "files")).flatMap((one) => {
        const count = countOf(at(one, "message_count"));
        return count === null ? [] : [[baseName(textOf(at(one, "path"))), count] as const];
      }),
    ),
    compression: textOf(at(bag, "compression_mode")).toLowerCase().replace("none", ""),
  };
}

function at(value: unknown, ...path: readonly string[]): unknown {
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
  }
  return value;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function bigintOf(value: unknown): bigint | null {
  return typeof value === "bigint" ? value : null;
}

function countOf(value: unknown): number | null {
  const number = typeof value === "bigint" ? Number(value) : -1;
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
