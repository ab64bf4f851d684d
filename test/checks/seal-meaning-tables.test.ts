/** What frames mean where they are rows of tables: ROS 2 databases, Argoverse 2, text tables a rig names, label tables. */
import { Table as Arrow, Float64, Int64, type Table, tableToIPC, Utf8, type Vector, vectorFromArray } from "apache-arrow";
import { describe, expect, test } from "vitest";
import type { Input } from "../../src/input.ts";
import type { Rig } from "../../src/rig/rig.ts";
import { memoryInput } from "../memory-input.ts";
import { sealed, told, verified } from "../seal/in-memory.ts";
import { type BagOptions, type BagTopic, bagBytes } from "../sources/db3-write.ts";
import { writeMcap } from "../sources/mcap-write.ts";

const changed = (stream: string, ...fields: readonly string[]) => ({
  findings: [["stream-meaning", "error", stream, null, fields]],
  status: expect.arrayContaining(["fail"]),
});
const SAME = { findings: [], status: ["pass"] };

describe("a ROS 2 database", () => {
  const DEFINITION = { encoding: "ros2msg", text: "float64 x\nfloat64 y\n" };
  const TOPIC: BagTopic = { id: 1, name: "/imu", type: "pkg/msg/Imu", definition: DEFINITION };
  const messages = Array.from({ length: 12 }, (_, i) => ({ topic: 1, logNs: BigInt(i), data: Uint8Array.of(i, 2, 3) }));
  const bag = (topic: Partial<BagTopic> = {}, options: BagOptions = {}): Input =>
    memoryInput("x.db3", { "x.db3": bagBytes([{ ...TOPIC, ...topic }], messages, options) }, { kind: "file" });
  const mcap = async (announced: { readonly metadata?: Readonly<Record<string, string>>; readonly data?: string } = {}): Promise<Input> => {
    const { metadata = {}, data = DEFINITION.text } = announced;
    const schema = { name: TOPIC.type, encoding: "ros2msg", data: new TextEncoder().encode(data) };
    const written = messages.map(({ logNs, data }, i) => ({ topic: "/imu", sequence: i, logTime: logNs, data }));
    const bytes = await writeMcap(written, { announced: { "/imu": { schema, messageEncoding: "cdr", metadata } } });
    return memoryInput("x.mcap", { "x.mcap": bytes }, { kind: "file" });
  };

  test.each([
    ["type", { type: "pkg/msg/Odo" }, ["type"]],
    ["serialization_format", { format: "protobuf" }, ["messageEncoding"]],
    ["encoding of the definition", { definition: { ...DEFINITION, encoding: "ros2idl" } }, ["schemaEncoding"]],
    ["definition", { definition: { ...DEFINITION, text: "float64 y\nfloat64 x\n" } }, ["schemaText"]],
    ["definition: none", { definition: undefined as never }, ["schemaEncoding", "schemaText"]],
  ])("changed in its %s", async (_, topic, fields) => {
    const seal = await sealed(bag());
    expect(told(await verified(bag(), seal))).toEqual(SAME);
    expect(told(await verified(bag(topic), seal))).toEqual(changed("/imu", ...fields));
    // Offered quality of service is the transport's.
    expect(told(await verified(bag({}, { after: "update topics set offered_qos_profiles = 'x'" }), seal))).toEqual(SAME);
  });

  test("a definition of a type whose messages are read by a built-in one, all the same", async () => {
    const known = { type: "sensor_msgs/msg/Imu", definition: { encoding: "ros2idl", text: "module a {}" } };
    const seal = await sealed(bag(known));
    expect(seal.streams).toMatchObject([{ kind: "imu", forms: [{ schemaEncoding: "ros2idl" }] }]);
    const other = { ...known, definition: { ...known.definition, text: "module b {}" } };
    expect(told(await verified(bag(other), seal))).toEqual(changed("/imu", "schemaText"));
  });

  test("that defines a type twice, differently", async () => {
    const twice = "insert into message_definitions(topic_type, encoding, encoded_message_definition) values ('pkg/msg/Imu', 'ros2msg', '')";
    const { findings, status } = told(await verified(bag({}, { after: twice }), await sealed(bag())));
    expect(findings).toEqual([["stream-meaning", "error", null, null, ["definition"]]]);
    expect(status).toEqual(["fail", "pass"]);
  });

  test("the hash of its type, and that of an MCAP's channel", async () => {
    const hashed = (hash: string): BagOptions => ({
      after: `alter table topics add column type_description_hash TEXT; update topics set type_description_hash = '${hash}'`,
    });
    const seal = await sealed(bag({}, hashed("RIHS01_1")));
    expect(seal.streams[0]?.forms).toMatchObject([{ typeHash: "RIHS01_1" }]);
    expect(told(await verified(bag({}, hashed("RIHS01_2")), seal))).toEqual(changed("/imu", "typeHash"));
    const twin = await mcap({ metadata: { topic_type_hash: "RIHS01_1", offered_qos_profiles: "x" } });
    expect((await sealed(twin)).root).toEqual(seal.root);
    expect(told(await verified(twin, seal))).toEqual(SAME);
  });

  test("without definitions and an MCAP with them: the same frames, and what is not comparable is named", async () => {
    const bare = bag({ definition: undefined as never });
    const [ofBare, ofMcap] = [await sealed(bare), await sealed(await mcap())];
    const fields = ["schemaEncoding", "schemaText"];
    const converted = [["converted", "info", "/imu", null, fields]];
    expect(told(await verified(bare, ofMcap))).toEqual({ findings: converted, status: ["pass"] });
    // Any text could have been added: nobody vouches for it. Against accidents the frames are enough.
    expect(told(await verified(await mcap(), ofBare))).toEqual({ findings: converted, status: ["not_observable"] });
    expect(told(await verified(await mcap(), await sealed(bare, {})))).toEqual({ findings: converted, status: ["pass"] });
  });
});

describe("an Argoverse 2 table", () => {
  const rows = [0, 1, 2, 3];
  const numbers = (name: string): Vector =>
    vectorFromArray(
      rows.map((row) => row + name.length),
      new Float64(),
    );
  const POSE = ["qw", "qx", "qy", "qz", "tx_m", "ty_m", "tz_m"];
  const poses = (names: readonly string[]): Table => {
    const columns = names.map((name, i) => [name, numbers(POSE[i] ?? "")] as const);
    return new Arrow({ timestamp_ns: vectorFromArray(rows.map(BigInt), new Int64()), ...Object.fromEntries(columns) });
  };
  const log = (table: Table): Input => memoryInput("log", { "city_SE3_egovehicle.feather": Uint8Array.from(tableToIPC(table, "file")) });

  test("whose columns exchanged their names: the same bytes in every frame, and another meaning", async () => {
    const [honest, swapped] = [log(poses(POSE)), log(poses(["qw", "qx", "qy", "qz", "ty_m", "tx_m", "tz_m"]))];
    const [seal, other] = [await sealed(honest), await sealed(swapped)];
    expect(other.streams[0]?.leaves).toEqual(seal.streams[0]?.leaves);
    expect(other.root).not.toEqual(seal.root);
    expect(told(await verified(honest, seal))).toEqual(SAME);
    expect(told(await verified(swapped, seal))).toEqual(changed("city_SE3_egovehicle", "schemaText"));
  });

  test("one integer or two: the type of a column counts, how names are stored does not", async () => {
    const table = poses(POSE);
    const seal = await sealed(log(table));
    const named = (names: Vector) => log(new Arrow({ ...columnsOf(table), name: names }));
    const plain = await sealed(named(vectorFromArray(["a", "b", "c", "d"], new Utf8())));
    expect(plain.streams[0]?.forms).not.toEqual(seal.streams[0]?.forms);
    const dictionary = await sealed(named(vectorFromArray(["a", "b", "c", "d"])));
    expect(dictionary.root).toEqual(plain.root);
  });
});

function columnsOf(table: Table): Record<string, Vector> {
  return Object.fromEntries(table.schema.fields.map(({ name }) => [name, table.getChild(name) as Vector]));
}

describe("a text table", () => {
  const CSV = "# poses\nt,x,y,z,yaw\n1.5,1,2,3,0.1\n# said between\n1.6,1,2,3,0.2\n1.7,1,2,3,0.3\n";
  const stream = { id: "odom", kind: "pose", path: "odom.csv", columns: { stamp: 0, x: 1, y: 2, z: 3, yaw: 4 } } as const;
  const rigOf = (change: object = {}): string => JSON.stringify({ schema: "plumbline.rig/1", streams: [{ ...stream, ...change }] });
  const folder = (csv = CSV, rig = rigOf()): Input => memoryInput("run", { "odom.csv": csv, "rig.yaml": rig });

  test("means what its rig and its first lines say", async () => {
    const seal = await sealed(folder());
    expect(told(await verified(folder(), seal))).toEqual(SAME);
    for (const other of [
      folder(CSV, rigOf({ units: { yaw: "deg" } })),
      folder(CSV, rigOf({ columns: { ...stream.columns, x: 2, y: 1 } })),
      folder(CSV.replace("t,x,y", "t,y,x")),
      folder(CSV.replace("# poses", "# posts")),
    ]) {
      const report = await verified(other, seal);
      expect(told(report).findings).toEqual(changed("odom", "schemaText").findings);
    }
  });

  test("however its rig spells that", async () => {
    const seal = await sealed(folder());
    const { stamp, ...rest } = stream.columns;
    expect(told(await verified(folder(CSV, rigOf({ columns: { ...rest, stamp }, rateHz: 10 })), seal))).toEqual(SAME);
    // A comment between rows is in no frame and means nothing.
    expect(told(await verified(folder(CSV.replace("said between", "said")), seal))).toEqual(SAME);
  });

  test("of EuRoC: the names in its first line", async () => {
    const HEAD =
      "#timestamp [ns],w_RS_S_x [rad s^-1],w_RS_S_y [rad s^-1],w_RS_S_z [rad s^-1],a_RS_S_x [m s^-2],a_RS_S_y [m s^-2],a_RS_S_z [m s^-2]\n";
    const rows = [0, 1, 2].map((i) => `140363657954${String(i).padStart(7, "0")},0.1,0.2,0.3,1,2,3\n`).join("");
    const euroc = (head: string): Input => memoryInput("mav0", { "imu0/data.csv": head + rows });
    const seal = await sealed(euroc(HEAD));
    expect(told(await verified(euroc(HEAD), seal))).toEqual(SAME);
    const forged = euroc(HEAD.replace("w_RS_S_x", "w_RS_S_?").replace("w_RS_S_y", "w_RS_S_x").replace("w_RS_S_?", "w_RS_S_y"));
    expect(told(await verified(forged, seal)).findings).toEqual(changed("imu0", "schemaText").findings);
  });
});

describe("label tables", () => {
  test("of nuScenes: classes that another table names", async () => {
    const tables = (category: string): Input =>
      memoryInput("n", {
        "sample.json": '[{"token":"a","scene_token":"s","timestamp":1532402927647951}]',
        "sample_annotation.json":
          '[{"token":"1","sample_token":"a","instance_token":"i","translation":[1,2,3],"size":[2,4,1.5],"rotation":[1,0,0,0]}]',
        "instance.json": '[{"token":"i","category_token":"c"}]',
        "category.json": `[{"token":"c","name":"${category}"}]`,
        "scene.json": '[{"token":"s","name":"scene-1"}]',
      });
    const seal = await sealed(tables("vehicle.car"));
    expect(told(await verified(tables("vehicle.car"), seal))).toEqual(SAME);
    expect(told(await verified(tables("human.child"), seal))).toEqual(changed("sample_annotation", "schemaText"));
  });

  test("of a rig: which column is what", async () => {
    const CSV = "0,1,car,10,20,30,40\n1,1,car,11,21,31,41\n";
    const columns = { frame: 0, track: 1, class: 2, left: 3, top: 4, right: 5, bottom: 6 };
    const rig = (change: object): Rig => ({
      schema: "plumbline.rig/1",
      streams: [{ id: "boxes", kind: "labels", path: "boxes.csv", columns: { ...columns, ...change } }],
    });
    const folder = (change: object = {}): Input => memoryInput("l", { "boxes.csv": CSV, "rig.yaml": JSON.stringify(rig(change)) });
    const seal = await sealed(folder());
    expect(told(await verified(folder(), seal))).toEqual(SAME);
    expect(told(await verified(folder({ left: 4, top: 3 }), seal)).findings).toEqual(changed("boxes", "schemaText").findings);
  });
});

test("a file too large to read, or that cannot be read, is vouched for by nobody", async () => {
  const files = {
    "velodyne_points/data/0000000000.bin": new Uint8Array(16),
    "velodyne_points/data/0000000001.bin": new Uint8Array(16).fill(1),
  };
  const [whole, unread] = [memoryInput("d", files), memoryInput("d", files, { unreadable: ["velodyne_points/data/0000000001.bin"] })];
  for (const options of [{}, { algorithm: "blake3" }] as const) {
    const seal = await sealed(unread, options);
    const { verdicts } = await verified(unread, seal);
    expect(verdicts.find(({ stream }) => stream !== null)).toMatchObject({
      status: "not_observable",
      reason: "1 frames without a digest of the whole payload",
      coverage: { items: 2, checked: 0 },
    });
    expect(told(await verified(whole, seal)).findings.map(([kind]) => kind)).toEqual(["changed"]);
    expect(told(await verified(unread, await sealed(whole, options))).findings.map(([kind]) => kind)).toEqual(["changed"]);
  }
});
