/**
 * What kernels and their callers agree on. Constants only: this file is compiled by AssemblyScript and by tsc.
 *
 * A kernel returns a count (>= 0) or one of these negative statuses.
 */

/** The output region is full: nothing was lost before it, the rest was not written. */
export const FULL = -1;
/** The input ends inside an item. */
export const TRUNCATED = -2;
/** The input contradicts its own format. */
export const MALFORMED = -3;
/** The bytes were readable but a checksum they carry does not match. */
export const CHECKSUM = -4;
/** A legal form that is not read. */
export const UNSUPPORTED = -5;

/** Bytes per row of the table `scanRecords` writes (see assembly/codec/records.ts). */
export const RECORD_ROW = 40;

/** Bytes of the state of a streamed BLAKE3 (see assembly/hash/blake3.ts). */
export const BLAKE3_STATE = 9984;
/** Bytes of the state of a streamed XXH3 (see assembly/hash/xxh3-stream.ts). */
export const XXH3_STATE = 1376;
/** Bytes of the scratch table of `lz4Compress`, and of a frame besides its blocks (see assembly/simulate/lz4-compress.ts). */
export const LZ4_TABLE = 65536;
export const LZ4_FRAME = 23;
/** Bytes of the scratch of `jpegEncode` (see assembly/simulate/jpeg-encode.ts). */
export const JPEG_SCRATCH = 2048;
/** Bytes of the scratch of `jpegLuma`, besides two per cell (see assembly/codec/jpeg-luma.ts). */
export const JPEG_LUMA_SCRATCH = 49408;

/**
 * A solid of a simulated scene: one row, every field four bytes (f32 unless said). Local axes are the columns of the rotation.
 * Position at t + s: centre + s * velocity, rotation turned by s * angular velocity (rad/s about the axes of the map).
 */
export const PRIMITIVE_ROW = 128;
/** i32: one of PRIMITIVE_BOX, PRIMITIVE_CYLINDER (its axis is local z), PRIMITIVE_ELLIPSOID. */
export const PRIMITIVE_KIND = 0;
/** i32: one of the materials below. */
export const PRIMITIVE_MATERIAL = 4;
/** i32: the object it is part of; 0 for what is no object (buildings, poles, trees). */
export const PRIMITIVE_OBJECT = 8;
/** f32 in [0, 1): its own shade and texture. */
export const PRIMITIVE_SHADE = 12;
/** f32[3], local origin. */
export const PRIMITIVE_CENTRE = 16;
/** f32[9], by rows: world = R * local. */
export const PRIMITIVE_ROTATION = 28;
/** f32[3]: half the extents of a box; radii x, y and half the height of a cylinder; radii of an ellipsoid. */
export const PRIMITIVE_HALF = 64;
/** f32[3] */
export const PRIMITIVE_VELOCITY = 76;
/** f32[3] */
export const PRIMITIVE_SPIN = 88;
/** f32: radius of a sphere around the centre that holds all of it. */
export const PRIMITIVE_RADIUS = 100;
/** The last 24 bytes are zero. */
export const PRIMITIVE_BOX = 0;
export const PRIMITIVE_CYLINDER = 1;
export const PRIMITIVE_ELLIPSOID = 2;

/**
 * The ground: one node per metre, f32[4] each, node (x & 255, y & 255) at row y. Read bilinearly:
 * height; metres left of the middle of the road (of the ring in a roundabout: outward); metres along the road, modulo
 * GROUND_ALONG; half the width of the asphalt there. On the road's side of a kerb the height is the node's, beyond it (further from the
 * middle than the half width) KERB_HEIGHT more.
 */
export const GROUND_CELLS = 256;
export const GROUND_NODE = 16;
export const GROUND_ALONG = 4800;
export const KERB_HEIGHT = 0.12;
/** Width of the pavement beyond the kerb; grass beyond that. */
export const PAVEMENT_WIDTH = 2.5;

/** Materials of solids and ground. */
export const MATERIAL_ASPHALT = 0;
export const MATERIAL_MARKING = 1;
export const MATERIAL_PAVEMENT = 2;
export const MATERIAL_GRASS = 3;
export const MATERIAL_WALL = 4;
export const MATERIAL_GLASS = 5;
export const MATERIAL_PAINT = 6;
export const MATERIAL_TYRE = 7;
export const MATERIAL_METAL = 8;
export const MATERIAL_BARK = 9;
export const MATERIAL_LEAF = 10;
export const MATERIAL_CLOTH = 11;
export const MATERIAL_SKIN = 12;
export const MATERIAL_SIGN = 13;
export const MATERIALS = 14;

/**
 * One firing of a spinning LiDAR, seen from the map: f32[3] origin in the scene's frame; f32[9], by rows, from the frame of this firing
 * (x ahead, z the spin axis) to the map; f32 seconds since the scene's time; f32 cosine and sine of the head's azimuth in the sensor's
 * frame; u32 ns since the sweep began.
 */
export const FIRING_ROW = 64;
/** Directions of rays in the frame of a firing, four at a time: f32[4] x, f32[4] y, f32[4] z; unit length, ascending z by groups. */
export const RAY_GROUP = 48;
/** A hit per ray, by groups of four: f32[4] range (Infinity: none), f32[4] cosine of incidence, f32[4] reflectivity, i32[4] object. */
export const HIT_GROUP = 64;
/** Bytes of scratch `castRays` needs: per primitive, and on top. */
export const CAST_SCRATCH_PER_PRIMITIVE = 24;
export const CAST_SCRATCH = 1024;
/** What a LiDAR sees of each material at 905 nm: f32[MATERIALS] reflectivity of white, then f32[MATERIALS] how much darker shade 0 is. */
export const REFLECTIVITY_BYTES = 112;

/** Rows of an image that share a pose. */
export const RENDER_ROWS = 8;
/**
 * A pose of the camera: f32[3] its place in the scene's frame; f32[9], by rows, from its axes (x right, y down, z ahead) to the map's; f32
 * seconds since the scene's time; f32[3] velocity and f32[3] rad/s, in its own axes. It holds in the middle of its rows' exposure.
 */
export const RENDER_POSE = 80;
/**
 * f32 each: focal lengths x and y, principal point x and y (pixels); exposure (s); gain; direction to the sun x, y, z (map, unit); light of
 * the sun, of the surroundings, of the zenith, of the haze; distance at which haze is half of what is seen (m); noise (standard
 * deviation, levels); u32 seed of the noise.
 */
export const RENDER_SETTINGS = 64;
/** Of each material, f32[4]: albedo of white, how much darker shade 0 is, grain (share of the light), cells per metre (a power of two). */
export const RENDER_LOOK = 16;

/** Types of a point's fields, in the order of `FieldType` in src/types.ts (see assembly/points/_field.ts). */
export const FIELD_I8 = 0;
export const FIELD_U8 = 1;
export const FIELD_I16 = 2;
export const FIELD_U16 = 3;
export const FIELD_I32 = 4;
export const FIELD_U32 = 5;
export const FIELD_F32 = 6;
export const FIELD_F64 = 7;
export const FIELD_F16 = 8;
export const FIELD_I64 = 9;

/** Azimuth bins of a range profile (see assembly/points/range-profile.ts). */
export const PROFILE_BINS = 900;
/** Most columns of a column profile (see assembly/time/column-profile.ts). */
export const PROFILE_COLUMNS = 256;

/** Points that pointsInBoxes looks at together; its scratch is 8 bytes of each. */
export const BOX_POINTS_CHUNK = 2048;

/** sweepFit: numbers of lasers it tells apart, and figures before those of each laser. */

export const SWEEP_LASERS = 256;
export const SWEEP_FIGURES = 17;

/** sweepShape: figures before the lasers, and sectors of azimuth behind them. */
export const SHAPE_FIGURES = 6;
export const SHAPE_SECTORS = 360;

/** sweepMotion: its figures. */
export const MOTION_FIGURES = 16;

/** sweepSeam: its figures. */
export const SEAM_FIGURES = 8;

/** lazChunk: types of the items a point consists of, as LASzip numbers them. */
export const LAZ_BYTE = 0;
export const LAZ_POINT10 = 6;
export const LAZ_GPSTIME11 = 7;
export const LAZ_RGB12 = 8;
export const LAZ_WAVEPACKET13 = 9;
export const LAZ_POINT14 = 10;
export const LAZ_RGB14 = 11;
export const LAZ_RGBNIR14 = 12;
export const LAZ_WAVEPACKET14 = 13;
export const LAZ_BYTE14 = 14;
