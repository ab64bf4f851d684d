/**
 * A ROS message definition, resolved once per channel into what the cursor walks. The grammar is @foxglove/rosmsg's;
 * sizes, nesting and cycles are settled here, before the first payload.
 */
import type { parse } from "@foxglove/rosmsg";

export type Definition = ReturnType<typeof parse>[number];
type DefinitionField = Definition["definitions"][number];

export type Primitive = "bool" | "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32" | "int64" | "uint64" | "float32" | "float64";
export type Scalar = Primitive | "time" | "duration" | "string";

/** Bytes of a scalar, and of a string's length prefix. */
export const SCALAR_BYTES: Readonly<Record<Scalar, number>> = {
  ...{ bool: 1, int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, uint64: 8, float32: 4, float64: 8 },
  ...{ time: 8, duration: 8, string: 4 },
};

/** CDR's alignment of a scalar: its size, but a time is two 32-bit integers. */
export const SCALAR_ALIGN: Readonly<Record<Scalar, number>> = { ...SCALAR_BYTES, time: 4, duration: 4 };

export interface RosField {
  readonly name: string;
  readonly type: Scalar | RosStruct;
  /** Whether anybody reads it; otherwise the cursor steps over it. */
  readonly keep: boolean;
  /** Fixed number of items, "dynamic" for a u32 count before them, null for a single value. */
  readonly array: number | "dynamic" | null;
}

export interface RosStruct {
  readonly fields: readonly RosField[];
  /** No encoding of it is shorter (alignment not counted); 0 only if every encoding is empty. */
  readonly minBytes: number;
}

/** Real definitions nest about six deep. */
const MAX_DEPTH = 32;

/** The definition of the message itself: the one without a name that has data, not only constants. */
export function rootOf(definitions: readonly Definition[]): Definition | null {
  return definitions.find((d) => d.name === undefined) ?? definitions[0] ?? null;
}

/**
 * @param wanted names to keep, at any depth
 * @param emptyBytes size of a message without fields: 0 in ROS 1, 1 in ROS 2
 * @throws Error where a type is unknown, recursive or nested too deep
 */
export function compile(definitions: readonly Definition[], wanted: ReadonlySet<string>, emptyBytes: number): RosStruct {
  const byName = new Map(definitions.map((d) => [d.name ?? "", d]));
  const done = new Map<Definition, RosStruct>();

  function struct(definition: Definition | null | undefined, depth: number): RosStruct {
    if (!definition) throw new Error("expected a definition of every type, one is missing");
    if (depth > MAX_DEPTH) throw new Error(`expected at most ${MAX_DEPTH} nested types`);
    const known = done.get(definition);
    if (known) return known;
    const fields = definition.definitions.filter((f) => f.isConstant !== true).map((f) => field(f, depth));
    const minBytes = fields.length === 0 ? emptyBytes : fields.reduce((sum, f) => sum + minBytesOf(f), 0);
    const result = { fields, minBytes };
    done.set(definition, result);
    return result;
  }

  function field(f: DefinitionField, depth: number): RosField {
    const array = f.isArray !== true ? null : (f.arrayLength ?? "dynamic");
    const type = f.isComplex === true ? struct(byName.get(f.type), depth + 1) : scalar(f.type);
    return { name: f.name, type, keep: wanted.has(f.name), array };
  }

  return struct(rootOf(definitions), 0);
}

function scalar(type: string): Scalar {
  if (Object.hasOwn(SCALAR_BYTES, type)) return type as Scalar;
  throw new Error(`expected a ROS type of known size, got ${type}`);
}

function minBytesOf(field: RosField): number {
  if (field.array === "dynamic") return 4;
  return (field.array ?? 1) * (typeof field.type === "string" ? SCALAR_BYTES[field.type] : field.type.minBytes);
}

/** A stamp at a place every message of a type has it. */
export interface FixedStamp {
  /** Offset of the two 32-bit words, from the first byte after any encapsulation header. */
  readonly offset: number;
  /** Offset of the u32 count of the list whose first item holds the stamp; the stamp exists when it is not zero. */
  readonly countOffset: number | null;
}

/**
 * Finds the stamp at `path` where only fields of fixed size stand before it; null otherwise.
 * @param align whether scalars are aligned to their size (CDR) or packed (ROS 1)
 */
export function fixedStamp(root: RosStruct, path: readonly string[], align: boolean): FixedStamp | null {
  let offset = 0;
  let countOffset: number | null = null;
  let at: RosStruct = root;
  for (const [step, name] of path.entries()) {
    const ahead = at.fields.findIndex((f) => f.name === name);
    const target = at.fields[ahead];
    if (!target || typeof target.array === "number") return null;
    for (const f of at.fields.slice(0, ahead)) {
      if (typeof f.type !== "string" || f.type === "string" || f.array === "dynamic") return null;
      // CDR aligns 64-bit values to 8 and CDR 2 to 4: where that matters the place is not fixed.
      if (align && SCALAR_ALIGN[f.type] === 8 && offset % 8 !== 0) return null;
      if (align) offset = alignUp(offset, SCALAR_ALIGN[f.type]);
      offset += (f.array ?? 1) * SCALAR_BYTES[f.type];
    }
    if (align) offset = alignUp(offset, 4);
    if (target.array === "dynamic") {
      if (countOffset !== null) return null;
      countOffset = offset;
      offset += 4;
    }
    if (step === path.length - 1) return target.type === "time" && target.array === null ? { offset, countOffset } : null;
    if (typeof target.type === "string") return null;
    at = target.type;
  }
  return null;
}

export function alignUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}
