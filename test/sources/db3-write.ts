/** ROS 2 bags written by SQLite itself, with the tables rosbag2 makes. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface BagTopic {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly definition?: { readonly encoding: string; readonly text: string };
}

export interface BagMessage {
  readonly topic: number;
  readonly logNs: bigint;
  readonly data: Uint8Array;
}

export interface BagOptions {
  readonly pageBytes?: number;
  readonly encoding?: "UTF-8" | "UTF-16le" | "UTF-16be";
  /** Text of the table `metadata`. */
  readonly metadata?: string;
  /** Further SQL, behind the messages. */
  readonly after?: string;
}

export function fillBag(
  database: DatabaseSync,
  topics: readonly BagTopic[],
  messages: readonly BagMessage[],
  options: BagOptions = {},
): void {
  const { pageBytes = 4096, encoding = "UTF-8", metadata, after = "" } = options;
  database.exec(`pragma page_size = ${pageBytes}; pragma encoding = '${encoding}'; pragma journal_mode = off;
    create table topics(id INTEGER PRIMARY KEY,name TEXT NOT NULL,type TEXT NOT NULL,serialization_format TEXT NOT NULL,offered_qos_profiles TEXT NOT NULL);
    create table messages(id INTEGER PRIMARY KEY,topic_id INTEGER NOT NULL,timestamp INTEGER NOT NULL, data BLOB NOT NULL);
    create index timestamp_idx on messages (timestamp asc); begin`);
  if (topics.some(({ definition }) => definition)) {
    database.exec("create table message_definitions(id INTEGER PRIMARY KEY,topic_type TEXT,encoding TEXT,encoded_message_definition TEXT)");
  }
  if (metadata !== undefined) {
    database.exec("create table metadata(id INTEGER PRIMARY KEY,metadata_version INTEGER NOT NULL,metadata TEXT NOT NULL)");
    database.prepare("insert into metadata(metadata_version, metadata) values (7, ?)").run(metadata);
  }
  const topic = database.prepare("insert into topics values (?, ?, ?, ?, '')");
  for (const { id, name, type, format = "cdr", definition } of topics) {
    topic.run(id, name, type, format);
    if (!definition) continue;
    const { encoding, text } = definition;
    database
      .prepare("insert into message_definitions(topic_type, encoding, encoded_message_definition) values (?, ?, ?)")
      .run(type, encoding, text);
  }
  const message = database.prepare("insert into messages(topic_id, timestamp, data) values (?, ?, ?)");
  for (const { topic, logNs, data } of messages) message.run(topic, logNs, data);
  database.exec(`commit; ${after}`);
}

/** The bytes of a bag's database. */
export function bagBytes(topics: readonly BagTopic[], messages: readonly BagMessage[], options: BagOptions = {}): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-db3-"));
  try {
    const path = join(folder, "a.db3");
    const database = new DatabaseSync(path);
    fillBag(database, topics, messages, options);
    database.close();
    return new Uint8Array(readFileSync(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface StoredMessage {
  readonly topic: string;
  readonly logNs: bigint;
  readonly data: Uint8Array;
}

/** All messages of a database as SQLite reads them, in order of their ids. Of a copy: SQLite writes beside what it reads. */
export function storedMessages(path: string): readonly StoredMessage[] {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-db3-"));
  copyFileSync(path, join(folder, "copy.db3"));
  const database = new DatabaseSync(join(folder, "copy.db3"), { readOnly: true });
  const query = database.prepare("select name, timestamp, data from messages join topics on topics.id = topic_id order by messages.id");
  query.setReadBigInts(true);
  const rows = query
    .all()
    .map((row) => ({ topic: row["name"] as string, logNs: row["timestamp"] as bigint, data: row["data"] as Uint8Array }));
  database.close();
  rmSync(folder, { recursive: true });
  return rows;
}
