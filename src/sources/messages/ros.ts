/** What ROS 1 and ROS 2 decoders share: the schema is parsed once, the stamp is read at a fixed offset. */
import { parse } from "@foxglove/rosmsg";
import { type SchemaColumns, STAMP_PATHS } from "./columns.ts";
import type { MessageDecoder } from "./index.ts";
import { guarded, Undecodable } from "./message.ts";
import { RosCursor, type RosForm, timeAt, u32At } from "./ros-cursor.ts";
import { compile, type Definition, type FixedStamp, fixedStamp, type RosStruct, rootOf } from "./ros-layout.ts";
import { stampAlong } from "./stamps.ts";

export interface RosDialect {
  readonly ros2: boolean;
  /** The form of one payload, or a constant reason when its first bytes do not say one that is known. */
  formOf(payload: Uint8Array): RosForm | string;
}

/**
 * @param columns what the schema becomes, or null: then only stamps are read
 * @returns null where the schema does not parse
 */
export function rosDecoder(definition: string, columns: SchemaColumns | null, dialect: RosDialect): MessageDecoder | null {
  const definitions = parsed(definition, dialect.ros2);
  if (!definitions) return null;
  const emptyBytes = dialect.ros2 ? 1 : 0;
  const layout = columns && compiled(definitions, columns.fields, emptyBytes);
  const hasStamp = layout && columns.stamp.some((path) => stampDeclared(layout, path));
  const stampLayout = hasStamp ? compiled(definitions, new Set(columns.stamp.flat()), emptyBytes) : null;
  // Of the declared stamps the first counts, so only that one may be read without walking to it.
  const declared = hasStamp ? columns.stamp.filter((path) => stampDeclared(layout, path)).slice(0, 1) : STAMP_PATHS;
  const fixed = findStamp(definitions, declared, dialect.ros2);

  function stampNs(payload: Uint8Array): bigint | null {
    const form = dialect.formOf(payload);
    if (typeof form === "string") return null;
    if (fixed) return stampAt(payload, form, fixed);
    return columns && stampLayout ? stampByWalk(payload, form, stampLayout, columns.stamp) : null;
  }

  const stamps = fixed || stampLayout ? "sensor" : "log";
  // An empty definition under a known name is a recorder that had none, not a message without fields.
  if (!columns || !layout || layout.fields.length === 0) return { kind: "bytes", stamps, stampNs, decode: () => null };
  return {
    kind: columns.kind,
    stamps,
    stampNs,
    decode(payload, pointer, frame, stampNs, needs, out) {
      if (!needs.has(columns.need)) return null;
      const form = dialect.formOf(payload);
      if (typeof form === "string") return form;
      return guarded(() => {
        const message = new RosCursor(payload, form).struct(layout);
        return columns.read(message, { frame, stampNs, pointerTo: (view) => pointer + (view.byteOffset - payload.byteOffset) }, out);
      });
    },
  };
}

function parsed(definition: string, ros2: boolean): Definition[] | null {
  try {
    return parse(definition, { ros2 });
  } catch {
    return null;
  }
}

function compiled(definitions: readonly Definition[], wanted: ReadonlySet<string>, emptyBytes: number): RosStruct | null {
  try {
    return compile(definitions, wanted, emptyBytes);
  } catch {
    return null;
  }
}

/**
 * A type whose layout is not known as a whole (a wstring, a missing definition) still has its stamp at a fixed place when
 * what stands before it is known, so only the first field is compiled then.
 */
function findStamp(definitions: readonly Definition[], paths: readonly (readonly string[])[], ros2: boolean): FixedStamp | null {
  const root = rootOf(definitions);
  const first = root?.definitions.find((f) => f.isConstant !== true);
  if (!root || !first) return null;
  const emptyBytes = ros2 ? 1 : 0;
  const firstOnly = definitions.map((d) => (d === root ? { ...d, definitions: [first] } : d));
  const layout = compiled(definitions, new Set(), emptyBytes) ?? compiled(firstOnly, new Set(), emptyBytes);
  if (!layout) return null;
  const header = first.type === "std_msgs/Header" && first.isArray !== true ? [[first.name, "stamp"]] : [];
  for (const path of [...header, ...paths]) {
    const found = fixedStamp(layout, path, ros2);
    if (found) return found;
  }
  return null;
}

function stampDeclared(layout: RosStruct, path: readonly string[]): boolean {
  let at: RosStruct["fields"][number]["type"] = layout;
  for (const name of path) {
    const next: RosStruct["fields"][number] | undefined = typeof at === "string" ? undefined : at.fields.find((f) => f.name === name);
    if (!next) return false;
    at = next.type;
  }
  return at === "time";
}

function stampAt(payload: Uint8Array, form: RosForm, { offset, countOffset }: FixedStamp): bigint | null {
  const at = form.origin + offset;
  if (at + 8 > payload.length) return null;
  if (countOffset !== null && u32At(payload, form.origin + countOffset, form.littleEndian) === 0) return null;
  return timeAt(payload, at, form);
}

/** For the few types whose stamp comes after something of variable size. */
function stampByWalk(payload: Uint8Array, form: RosForm, layout: RosStruct, paths: SchemaColumns["stamp"]): bigint | null {
  try {
    return stampAlong(new RosCursor(payload, form).struct(layout), paths);
  } catch (error) {
    if (error instanceof Undecodable) return null;
    throw error;
  }
}
