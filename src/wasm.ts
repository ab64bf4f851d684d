/**
 * One instance of the kernels and its linear memory: a bump allocator over everything above the kernels' own data.
 *
 * Views die when memory grows (length 0), so a view is made after the last `alloc` it must outlive and never kept.
 */
import { WASM_BASE64 } from "./kernels.generated.ts";

/** Pointers, counts and strides in; results to an output region. Statuses are in abi.ts; documentation in assembly/. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly HEAP_BASE: WebAssembly.Global;
  /** BLAKE3 to `outLength` bytes (usually 32) at `out`; `key` is u8[32] or 0 for the unkeyed hash, here and below. */
  blake3(pointer: number, length: number, key: number, out: number, outLength: number): void;
  /**
   * BLAKE3 (32 bytes) of `count` regions to u8[32n] at `out`; `pointers` is u32[n], `lengths` f64[n]. Zeros where the pointer is 0 and the
   * length is not. @returns how many such there are
   */
  blake3Rows(pointers: number, lengths: number, count: number, key: number, out: number): number;
  /** Begins a BLAKE3 in a state of BLAKE3_STATE bytes. */
  blake3Init(state: number, key: number): void;
  blake3Update(state: number, pointer: number, length: number): void;
  /** The BLAKE3 of everything so far; more may follow. */
  blake3Final(state: number, out: number, outLength: number): void;
  /** Chaining value (32 bytes at `out`) of a subtree: `length` > 0 bytes that begin at chunk `first`; which they may: see assembly/blake3.ts. */
  blake3Subtree(pointer: number, length: number, first: number, key: number, out: number): void;
  /** Chaining value of two neighbouring subtrees from theirs. */
  blake3Parent(left: number, right: number, key: number, out: number): void;
  /** BLAKE3 of an input that consists of two subtrees, from their chaining values. */
  blake3Root(left: number, right: number, key: number, out: number, outLength: number): void;
  /** Running CRC-32 (IEEE) of `length` bytes continuing `crc` (0 to begin). Signed: use `>>> 0`. */
  crc32(pointer: number, length: number, crc: number): number;
  /** CRC-32 and length of `count` regions; `regions` is u32[2n] (pointer, length), `out` u64[n] (length low, CRC high). */
  crc32Rows(regions: number, count: number, out: number): void;
  /** CRC-32 of A followed by B from their CRCs and B's length (an integer below 2^53). Signed: use `>>> 0`. */
  crc32Combine(a: number, b: number, lengthB: number): number;
  /** Running CRC-32C, as `crc32`. Signed: use `>>> 0`. */
  crc32c(pointer: number, length: number, crc: number): number;
  /** CRC-32C of A followed by B, as `crc32Combine`. Signed: use `>>> 0`. */
  crc32cCombine(a: number, b: number, lengthB: number): number;
  /** Continues the CRC-64/NVME held as u64 at `state` (0 to begin). */
  crc64Nvme(pointer: number, length: number, state: number): void;
  /** u64 at `a` becomes the CRC-64/NVME of A followed by B; u64 at `b` is B's, `lengthB` its length below 2^53. */
  crc64NvmeCombine(a: number, b: number, lengthB: number): void;
  /** XXH3-64, seed 0, to u64 at `out`. */
  xxh3(pointer: number, length: number, out: number): void;
  /** XXH3-64 to u64 at `out`; `seed` points to a u64, here and below. */
  xxh3Seeded(pointer: number, length: number, seed: number, out: number): void;
  /** XXH3-128 to u64[2] at `out`: low half, high half. */
  xxh3Wide(pointer: number, length: number, seed: number, out: number): void;
  /** XXH3-128, seed 0, of `count` regions to u64[2n] at `out`; otherwise as `blake3Rows`. */
  xxh3WideRows(pointers: number, lengths: number, count: number, out: number): number;
  /** Begins an XXH3 of either width in a state of XXH3_STATE bytes. */
  xxh3Init(state: number, seed: number): void;
  xxh3Update(state: number, pointer: number, length: number): void;
  /** The XXH3-64 of everything so far to u64 at `out`; more may follow. */
  xxh3Final(state: number, out: number): void;
  /** The XXH3-128 of everything so far to u64[2] at `out`: low half, high half. */
  xxh3WideFinal(state: number, out: number): void;
  /**
   * Nodes of a seal's blocks, to u8[32 * blocks] at `out`: `leaves` is u8[leafBytes * frames], `stamps` i64[frames], `key` u8[32].
   * @returns how many blocks
   */
  merkleBlocks(leaves: number, leafBytes: number, stamps: number, frames: number, perBlock: number, key: number, out: number): number;
  /** The top of the tree over `count` > 0 nodes of 32 bytes becomes the first of them; the others become scratch. */
  merkleTop(nodes: number, count: number, key: number): void;
  /** How i64[count] stamps, at least one, are coded best: the first 18 bytes of the code to `head`. @returns most bytes the code takes */
  stampsPlan(stamps: number, count: number, head: number): number;
  /** The code of stamps, as planned; 8 bytes behind what the plan said are overwritten. @returns bytes of the code */
  stampsEncode(stamps: number, count: number, head: number, out: number): number;
  /** Stamps to i64[count] at `out`. @returns 0, or MALFORMED unless it is the code of exactly `count` stamps */
  stampsDecode(code: number, bytes: number, count: number, out: number): number;
  /**
   * Decodes LZ4 frames (skippable and concatenated ones too) with every checksum they carry verified.
   * `result` is u32[2]: bytes written, bytes consumed; valid also on failure (what came before is right).
   * @returns bytes written, or FULL, TRUNCATED, MALFORMED, CHECKSUM
   */
  lz4Frames(source: number, sourceLength: number, target: number, targetLength: number, result: number): number;
  /**
   * Encodes a region as one LZ4 frame; `table` is scratch of LZ4_TABLE bytes.
   * @returns bytes written, or FULL when targetLength < sourceLength + LZ4_FRAME + 4 per begun 4 MiB
   */
  lz4Compress(source: number, sourceLength: number, target: number, targetLength: number, table: number): number;
  /**
   * Encodes grey pixels as a baseline JPEG; `scratch` is JPEG_SCRATCH bytes, `quality` 1 to 100.
   * @returns bytes written, or FULL (1 KiB and 7 bytes a pixel, of whole blocks, are always enough; one byte a pixel is for real images)
   */
  jpegEncode(
    luma: number,
    width: number,
    height: number,
    stride: number,
    quality: number,
    target: number,
    targetLength: number,
    scratch: number,
  ): number;
  /**
   * A JPEG's luma at an eighth of its size, to u8[cells] at `out`; `scratch` is JPEG_LUMA_SCRATCH + 2 * outLength bytes, `result` u32[2]:
   * width and height in pixels, there also on FULL. @returns cells, or FULL, TRUNCATED, MALFORMED, UNSUPPORTED
   */
  jpegLuma(source: number, length: number, out: number, outLength: number, scratch: number, result: number): number;
  /** Inflated PNG data (overwritten) to luma at an eighth; see assembly/png-luma.ts. @returns cells, or MALFORMED, CHECKSUM */
  pngLuma(
    data: number,
    length: number,
    adler: number,
    width: number,
    height: number,
    depth: number,
    colour: number,
    interlaced: number,
    shades: number,
    out: number,
    scratch: number,
  ): number;
  /** Pixels of `pixelBytes`, of which the bytes at `red`, `green` and `blue` count, to luma at an eighth. @returns cells */
  rawLuma(
    source: number,
    width: number,
    height: number,
    step: number,
    pixelBytes: number,
    red: number,
    green: number,
    blue: number,
    out: number,
  ): number;
  /**
   * Sums of absolute differences of luma between a box in `before` and the box moved in `after`, for a grid of moves, to u32 at `out`;
   * all ones where the moved box is not inside. `gain` is the brightness of `after` over `before` times 128. @returns moves inside
   */
  boxDeltas(
    before: number,
    after: number,
    columns: number,
    rows: number,
    left: number,
    top: number,
    width: number,
    height: number,
    gain: number,
    moveLeft: number,
    moveTop: number,
    movesAcross: number,
    movesDown: number,
    out: number,
  ): number;
  /**
   * Renders a scene as grey pixels with rolling shutter, motion blur and noise; `width` is a multiple of 16. Layouts: see src/abi.ts, how
   * much scratch: assembly/render.ts.
   * @returns mean of all pixels, times 256
   */
  renderImage(
    primitives: number,
    count: number,
    ground: number,
    poses: number,
    width: number,
    height: number,
    settings: number,
    looks: number,
    scratch: number,
    out: number,
  ): number;
  /**
   * Lists MCAP records in a region as rows of RECORD_ROW bytes: u32 opcode, u32 offset of the record's first byte
   * from `pointer`, u32 content length, u32 channel, u32 sequence, u32 zero, u64 logTime, u64 publishTime
   * (the last five are 0 unless opcode is Message, 0x05). Stops before a record that does not fit.
   * `result` is u32[2]: bytes consumed, status (0, or FULL, TRUNCATED, MALFORMED as i32).
   * @returns rows written
   */
  scanRecords(pointer: number, length: number, rows: number, maxRows: number, result: number): number;
  /**
   * A spinning LiDAR's rays against a scene, four at a time. Layouts are in src/abi.ts; `firings` in the order of the spin.
   * @returns firings
   */
  castRays(
    primitives: number,
    count: number,
    ground: number,
    firings: number,
    firingCount: number,
    rays: number,
    groups: number,
    reflectivity: number,
    mostRange: number,
    scratch: number,
    hits: number,
  ): number;
  /** Cross-correlation of f32[n] with a padded f32[n + 2 * lags + 8] to f64[2 * lags + 1]; see assembly/correlate.ts. */
  crossCorrelate(a: number, b: number, n: number, lags: number, out: number): void;
  /**
   * Mean rate of a stream (m knots: time, turn, rate) over n intervals moved by `lag`, and how it changes with the lag; NaN where not covered.
   * @returns intervals covered
   */
  meanRates(
    from: number,
    to: number,
    n: number,
    t: number,
    turn: number,
    rate: number,
    m: number,
    axes: number,
    maxGap: number,
    lag: number,
    mean: number,
    slope: number,
  ): number;
  /** Intersection over union of pairs of 2D boxes, to f64[count]; see assembly/box-iou.ts. */
  axisIou(a: number, b: number, pairs: number, count: number, out: number): void;
  /** The same of oriented boxes, from above and as bodies, to f64[2 * count]. */
  orientedIou(a: number, b: number, pairs: number, count: number, out: number): void;
  /** Points inside oriented boxes, in place, to f64[4 * n]: how many, mean, smallest, largest time; see assembly/box-points.ts. */
  pointsInBoxes(
    rows: number,
    count: number,
    stride: number,
    x: number,
    y: number,
    z: number,
    type: number,
    time: number,
    timeType: number,
    boxes: number,
    n: number,
    scratch: number,
    out: number,
  ): number;
  /** Rows that have a track, by frame: i32[frames + 1] where each begins, i32[rows]; see assembly/track-residuals.ts. @returns how many */
  sortByFrame(frame: number, track: number, rows: number, frames: number, starts: number, members: number): number;
  /** Rows before and after each in its track, i32[rows] both; -1 where there is none. */
  linkTracks(
    members: number,
    count: number,
    track: number,
    frame: number,
    rows: number,
    tracks: number,
    mostGap: number,
    before: number,
    after: number,
    last: number,
  ): void;
  /** How far boxes are from the line between their neighbours in time, to f64[rows]; `edges` is 0 for places in 3D. */
  trackResiduals(
    place: number,
    seconds: number,
    frame: number,
    before: number,
    after: number,
    edges: number,
    rows: number,
    out: number,
  ): void;
  /** Which box off its track lies where another's should be, to i32[rows] and f64[rows]. @returns boxes that have a partner */
  swapPartners(
    place: number,
    seconds: number,
    frame: number,
    before: number,
    after: number,
    edges: number,
    members: number,
    starts: number,
    frames: number,
    residual: number,
    least: number,
    most: number,
    partner: number,
    fit: number,
    suspects: number,
  ): number;
  /** Noise of a quantity along the tracks of one annotator to f64[2]: standard deviation, second differences it is taken from. */
  secondDifferenceMad(
    values: number,
    stride: number,
    angle: number,
    frame: number,
    before: number,
    after: number,
    who: number,
    only: number,
    rows: number,
    scratch: number,
    out: number,
  ): void;
  /** See assembly/associate.ts. Nearest stamp of `b` for each of `a`, and how far it is; both ascend. */
  nearestStamps(a: number, n: number, b: number, m: number, index: number, gap: number): void;
  /** See assembly/associate.ts. Pairs one to one below `limit` ns, the closest first; returns how many. */
  pairStamps(a: number, n: number, b: number, m: number, limit: number, index: number, scratch: number): number;
  /** Line through points with outliers to f64[5]: y at 0, slope, scale, deviation of the slope, points that count. @returns these, or 0 */
  robustLine(x: number, y: number, n: number, least: number, scratch: number, out: number): number;
  /** Closest line below all points to f64[2]: y at 0, slope. @returns corners of the lower hull, or 0 */
  lowerLine(x: number, y: number, n: number, scratch: number, out: number): number;
  /** Nearest standing thing per azimuth of a cloud in place; see assembly/range-profile.ts. @returns bins that are filled */
  rangeProfile(
    rows: number,
    count: number,
    stride: number,
    x: number,
    y: number,
    z: number,
    type: number,
    time: number,
    timeType: number,
    ranges: number,
    times: number,
    span: number,
  ): number;
  /** Times of a sweep against azimuths to f64[SWEEP_FIGURES + 2 * SWEEP_LASERS]; see assembly/sweep-fit.ts. @returns points that count, or 0 */
  sweepFit(
    rows: number,
    count: number,
    stride: number,
    x: number,
    y: number,
    z: number,
    type: number,
    time: number,
    timeType: number,
    ring: number,
    ringType: number,
    out: number,
  ): number;
  /** Whether the place a sweep was measured from moves in its cloud, to f64[MOTION_FIGURES]; see assembly/sweep-motion.ts. @returns points of the sample */
  sweepMotion(
    rows: number,
    count: number,
    stride: number,
    x: number,
    y: number,
    z: number,
    type: number,
    time: number,
    timeType: number,
    ring: number,
    ringType: number,
    out: number,
  ): number;
  /** What a sweep shows twice, at its beginning and at its end, to f64[SEAM_FIGURES]; see assembly/sweep-seam.ts. @returns late points with a plane */
  sweepSeam(
    rows: number,
    count: number,
    stride: number,
    x: number,
    y: number,
    z: number,
    type: number,
    time: number,
    timeType: number,
    out: number,
  ): number;
  /** A chunk of LAZ to point records; see assembly/laz.ts. @returns points that were decoded */
  lazChunk(
    chunk: number,
    bytes: number,
    count: number,
    items: number,
    itemCount: number,
    recordBytes: number,
    arena: number,
    arenaBytes: number,
    out: number,
  ): number;
  /** The table of LAZ chunks to u32[2 * count]; see assembly/laz.ts. @returns 1, or 0 where it is damaged */
  lazChunkTable(table: number, bytes: number, count: number, isVariable: number, arena: number, arenaBytes: number, out: number): number;
  /** What a sweep consists of, to u32[SHAPE_FIGURES + SWEEP_LASERS + SHAPE_SECTORS]; see assembly/sweep-shape.ts. @returns points with a place */
  sweepShape(
    rows: number,
    count: number,
    stride: number,
    x: number,
    y: number,
    z: number,
    type: number,
    ring: number,
    ringType: number,
    intensity: number,
    intensityType: number,
    farthest: number,
    out: number,
  ): number;
  /** Turn between two range profiles to f64[4]: radians, its moment, its deviation, share that fits. @returns bins that fit, or 0 */
  matchProfiles(a: number, b: number, out: number): number;
  /** Mean per column of a band of rows of a grey image. @returns columns */
  columnProfile(luma: number, width: number, stride: number, firstRow: number, rows: number, step: number, out: number): number;
  /** Shift between two column profiles to f64[4]: columns, spread, deviation, correlation. @returns columns that count, or 0 */
  matchColumns(a: number, b: number, n: number, reach: number, out: number): number;
  /** What a LiDAR's receiver makes of the hits of its beams, each two rays: rows of 24 bytes, and i32 what they lie on. @returns points */
  formEchoes(
    firings: number,
    firingCount: number,
    rings: number,
    ringCount: number,
    hits: number,
    leastRange: number,
    noise: number,
    threshold: number,
    returns: number,
    seed: number,
    rows: number,
    objects: number,
  ): number;
}

/** A region of kernel memory. */
export interface Region {
  readonly pointer: number;
  readonly bytes: number;
}

export class Kernels {
  readonly exports: KernelExports;
  readonly #base: number;
  #top: number;

  constructor(instance: WebAssembly.Instance) {
    this.exports = instance.exports as unknown as KernelExports;
    this.#base = (Number(this.exports.HEAP_BASE.value) + 63) & ~63;
    this.#top = this.#base;
  }

  /**
   * Reserves `bytes` (rounded up to 64, plus 64 bytes of slack that kernels may read but not use).
   * @throws RangeError beyond 4 GiB in all
   */
  alloc(bytes: number): number {
    const pointer = this.#top;
    const top = pointer + Math.ceil((bytes + 64) / 64) * 64;
    const have = this.exports.memory.buffer.byteLength;
    if (top > have) this.exports.memory.grow(Math.ceil((top - have) / 65536));
    this.#top = top;
    return pointer;
  }

  /** Position of the allocator, to go back to with `release`. */
  mark(): number {
    return this.#top;
  }

  /** Gives back everything allocated since `mark` was taken; everything when called without one. */
  release(mark: number = this.#base): void {
    this.#top = mark;
  }

  u8(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, pointer, length);
  }

  u32(pointer: number, length: number): Uint32Array {
    return new Uint32Array(this.exports.memory.buffer, pointer, length);
  }

  u64(pointer: number, length: number): BigUint64Array {
    return new BigUint64Array(this.exports.memory.buffer, pointer, length);
  }

  i64(pointer: number, length: number): BigInt64Array {
    return new BigInt64Array(this.exports.memory.buffer, pointer, length);
  }

  /** Copies bytes in. @returns the pointer */
  put(bytes: Uint8Array): number {
    const pointer = this.alloc(bytes.length);
    this.u8(pointer, bytes.length).set(bytes);
    return pointer;
  }
}

/** Compiles once; the module is shared with workers, each instantiates its own. */
export async function compileKernels(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(wasmBytes());
}

/** Compiles while the caller waits: a few milliseconds. */
export function compileKernelsNow(): WebAssembly.Module {
  return new WebAssembly.Module(wasmBytes());
}

function wasmBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(WASM_BASE64);
  const bytes = new Uint8Array(text.length);
  // A callback for each byte would take as long as everything else at start-up.
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export async function loadKernels(module?: WebAssembly.Module): Promise<Kernels> {
  return new Kernels(await WebAssembly.instantiate(module ?? (await compileKernels()), {}));
}
