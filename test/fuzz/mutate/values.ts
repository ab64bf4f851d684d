/** Values that code trips over: numbers at the edges of their types, text nobody expects. */
import type { Random } from "../house.ts";
import { BYTES, type Width } from "./anatomy.ts";

const FLOATS = [
  Number.NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  1,
  -1,
  5e-324,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  1e300,
  2 ** 31,
  2 ** 53,
  2 ** 63,
  1e18,
  1e-300,
  0.1,
];

/** @param size of the file: lengths and offsets that just fit, and just do not */
export function edgeOf(width: Width, size: number, random: Random): bigint {
  const bits = BigInt(8 * BYTES[width]);
  if ((width === "f32" || width === "f64") && random.chance(0.8)) return bitsOf(pick(FLOATS, random), width);
  const top = 1n << bits;
  const edges = [
    ...[0n, 1n, 2n, 3n, 255n, 256n, 65_535n, 65_536n, top - 1n, top - 2n, top >> 1n, (top >> 1n) - 1n, (top >> 1n) + 1n],
    ...[
      top >> 2n,
      1n << 31n,
      1n << 32n,
      1n << 40n,
      1n << 53n,
      10n ** 18n,
      BigInt(size),
      BigInt(size) + 1n,
      BigInt(size) - 1n,
      BigInt(size >> 1),
    ],
  ];
  return BigInt.asUintN(Number(bits), random.chance(0.85) ? pick(edges, random) : (BigInt(random.u32()) << 32n) | BigInt(random.u32()));
}

function bitsOf(value: number, width: "f32" | "f64"): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (width === "f64") view.setFloat64(0, value, true);
  else view.setFloat32(0, value, true);
  return view.getBigUint64(0, true);
}

export function pick<T>(list: readonly T[], random: Random): T {
  const one = list[random.below(list.length)];
  if (one === undefined) throw new RangeError("expected something to pick from, got an empty list");
  return one;
}

const WORDS = [
  ...[
    "",
    " ",
    "0",
    "-0",
    "1",
    "-1",
    "+1",
    "00",
    "1e999",
    "-1e999",
    "1e-999",
    "1e18",
    "0x10",
    "1_000",
    "1,5",
    ".5",
    "5.",
    "-",
    "NaN",
    "nan",
    "inf",
  ],
  ...["2147483647", "2147483648", "4294967295", "4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808"],
  ...["-9223372036854775808", "-9223372036854775809", "18446744073709551616", "99999999999999999999999999", "0.1234567890123456789"],
  ...["null", "true", "false", "None", "[]", "{}", "[[]]", '""', "'", '"', "\\", "`", ",", ";", ":", "#", "|", "&x", "*x", "!!binary ''"],
  ...[
    "<",
    ">",
    "&amp;",
    "&#0;",
    "&x;",
    "<![CDATA[",
    "<!--",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "]]>",
    "=",
    "%s",
    "$(x)",
    "../../etc/passwd",
    "/",
    ".",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "length",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\0",
    "\u0001",
    "\u001b[31m",
    "\u202e",
    "\ufeff",
  ],
  ...["\u2028", "é", "e\u0301", "\u{1f600}", "日本", "2011-09-26 13:02:25.594360375", "1970-01-01T00:00:00Z", "9999-99-99 99:99:99"],
];
/** Bytes that are no UTF-8: a lone continuation, half a surrogate, an overlong slash, a cut sequence. */
const NO_TEXT = [[0x80], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf0, 0x9f, 0x98], [0xff, 0xfe]];
const NESTING = ["[", "{", '{"a":', "(", "<a>", "- ", "[{", "*", "&a [", "?"];

export function hostileText(random: Random): Uint8Array {
  const kind = random.below(20);
  if (kind === 0) return Uint8Array.from(pick(NO_TEXT, random));
  const text =
    kind === 1
      ? pick(NESTING, random).repeat(10 ** (1 + random.below(4)))
      : kind === 2
        ? pick(["a", "9", "0", " ", "é"], random).repeat(10 ** (1 + random.below(4)))
        : kind === 3
          ? String((random.uniform() - 0.5) * 10 ** (random.below(40) - 10))
          : kind === 4
            ? String(random.below(100))
            : pick(WORDS, random);
  return new TextEncoder().encode(text);
}
