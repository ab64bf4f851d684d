/** Packets of spinning LiDARs to clouds, as their makers' manuals say: Ouster (legacy, RNG15_RFL8_NIR8), Velodyne VLP-16, Hesai XT16 and QT64. */
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type Cloud, CloudBuilder } from "./cloud.ts";

const TAU = 2 * Math.PI;
const DEGREE = Math.PI / 180;
/** Beams between two passages of azimuth 0: lasers fire a little apart, so that one passage is several. */
const LEAST_FIRED = 5000;

interface OusterMeta {
  readonly beam_altitude_angles: readonly number[];
  readonly beam_azimuth_angles: readonly number[];
  readonly lidar_origin_to_beam_origin_mm: number;
  readonly data_format: { readonly udp_profile_lidar?: string; readonly columns_per_frame: number; readonly columns_per_packet: number };
}

/** Payloads of UDP to a port, of a little-endian pcap of Ethernet frames. */
function* udp(path: string, port: number): Generator<Buffer> {
  const file = readFileSync(path);
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const frame = file.subarray(at + 16, at + 16 + length);
    if (frame.length > 42 && frame.readUInt16BE(36) === port) yield frame.subarray(42);
    at += 16 + length;
  }
}

/** One sweep: 1,024 columns. (Ouster firmware user manual, "Lidar data format" and "Lidar range to XYZ".) */
export function ouster(name: string, pcap: string, metadata: string): Cloud {
  const meta = JSON.parse(readFileSync(metadata, "utf8")) as OusterMeta;
  const rows = meta.beam_altitude_angles.length;
  const { columns_per_frame: columns, columns_per_packet: perPacket, udp_profile_lidar: profile = "LEGACY" } = meta.data_format;
  const isLegacy = profile === "LEGACY";
  const [head, columnHead, pixel, columnBytes] = isLegacy ? [0, 16, 12, 16 + 12 * rows + 4] : [32, 12, 4, 12 + 4 * rows];
  const origin = meta.lidar_origin_to_beam_origin_mm / 1e3;
  const cloud = new CloudBuilder(name, "clockwise");
  let first: bigint | null = null;
  for (const packet of udp(pcap, 7502)) {
    for (let column = 0; column < perPacket; column++) {
      const at = head + column * columnBytes;
      const stamp = packet.readBigUInt64LE(at);
      first ??= stamp;
      const encoder = TAU * (1 - packet.readUInt16LE(at + 8) / columns);
      for (let row = 0; row < rows; row++) {
        const own = at + columnHead + row * pixel;
        const metres = isLegacy ? (packet.readUInt32LE(own) & 0xfffff) / 1e3 : ((packet.readUInt16LE(own) & 0x7fff) * 8) / 1e3;
        if (metres === 0) continue;
        const azimuth = encoder - (meta.beam_azimuth_angles[row] ?? 0) * DEGREE;
        const altitude = (meta.beam_altitude_angles[row] ?? 0) * DEGREE;
        const far = metres - origin;
        cloud.add(
          -(far * Math.cos(azimuth) * Math.cos(altitude) + origin * Math.cos(encoder)),
          -(far * Math.sin(azimuth) * Math.cos(altitude) + origin * Math.sin(encoder)),
          far * Math.sin(altitude),
          Number(stamp - first) / 1e9,
          row,
        );
      }
    }
  }
  return cloud.done();
}

/** Packets of a rosbag2's only message type: stamp in seconds and bytes. `VelodyneScan` has 1,206 bytes each, `PandarScan` up to 1,500 and a size. */
function* scans(db3: string, isVelodyne: boolean): Generator<{ readonly stampS: number; readonly data: Buffer }> {
  const db = new DatabaseSync(db3, { readOnly: true });
  let first: number | null = null;
  for (const { data } of db.prepare("select data from messages order by timestamp").iterate() as Iterable<{ data: Uint8Array }>) {
    const message = Buffer.from(data);
    const frameId = message.readUInt32LE(12);
    let at = 16 + frameId;
    at += (4 - (at % 4)) % 4;
    const count = message.readUInt32LE(at);
    at += 4;
    for (let i = 0; i < count; i++) {
      const seconds = message.readInt32LE(at);
      first ??= seconds;
      const stampS = seconds - first + message.readUInt32LE(at + 4) / 1e9;
      const bytes = isVelodyne ? 1206 : 1500;
      const size = isVelodyne ? 1206 : message.readUInt32LE(at + 8 + 1500);
      yield { stampS, data: message.subarray(at + 8, at + 8 + size) };
      at += 8 + bytes + (isVelodyne ? 2 : 4);
    }
  }
  db.close();
}

/** The middle turn of a recording: from one passage of azimuth 0 to the next. */
function oneTurn(name: string, fired: Fired[]): Cloud {
  fired.sort((a, b) => a.timeS - b.timeS);
  const passages = fired
    .flatMap(({ azimuth }, i) => (i > 0 && azimuth < (fired[i - 1]?.azimuth ?? 0) - Math.PI ? [i] : []))
    .filter((at, i, all) => i === 0 || at - (all[i - 1] ?? 0) > LEAST_FIRED);
  const [from, to] = [passages[0] ?? 0, passages[1] ?? fired.length];
  const cloud = new CloudBuilder(name, "clockwise");
  const begin = fired[from]?.timeS ?? 0;
  for (const { azimuth, elevation, metres, timeS, laser } of fired.slice(from, to)) {
    if (metres === 0) continue;
    const over = metres * Math.cos(elevation);
    cloud.add(over * Math.sin(azimuth), over * Math.cos(azimuth), metres * Math.sin(elevation), timeS - begin, laser);
  }
  return cloud.done();
}

interface Fired {
  /** Clockwise from ahead, radians. */
  readonly azimuth: number;
  readonly elevation: number;
  readonly metres: number;
  readonly timeS: number;
  readonly laser: number;
}

/** VLP-16 User Manual, 9.3 and 9.4: 24 firings a packet, 55.296 us apart, lasers 2.304 us apart. */
export function vlp16(name: string, db3: string): Cloud {
  const elevations = [-15, 1, -13, 3, -11, 5, -9, 7, -7, 9, -5, 11, -3, 13, -1, 15];
  const fired: Fired[] = [];
  for (const { stampS, data } of scans(db3, true)) {
    const azimuths = Array.from({ length: 12 }, (_, block) => (data.readUInt16LE(100 * block + 2) / 100) * DEGREE);
    // Of two echoes each firing has two blocks, at one azimuth.
    const echoes = azimuths[0] === azimuths[1] ? 2 : 1;
    const step = (((azimuths[11] ?? 0) - (azimuths[0] ?? 0) + TAU) % TAU) / (12 / echoes - 1);
    for (let firing = 0; firing < 24; firing++) {
      const [block, half] = [firing >> 1, firing & 1];
      for (let laser = 0; laser < 16; laser++) {
        const metres = data.readUInt16LE(100 * block + 4 + 3 * (16 * half + laser)) * 0.002;
        const after = 55.296e-6 * half + 2.304e-6 * laser;
        const azimuth = ((azimuths[block] ?? 0) + (step * after) / 110.592e-6) % TAU;
        const timeS = stampS + 110.592e-6 * Math.floor(block / echoes) + after;
        fired.push({ azimuth, elevation: (elevations[laser] ?? 0) * DEGREE, metres, timeS, laser });
      }
    }
  }
  return oneTurn(name, fired);
}

/** Hesai XT16 and QT64: blocks of an azimuth and all lasers; blocks are `blockS` apart. Elevations are nominal: azimuths do not depend on them. */
export function hesai(name: string, db3: string, lasers: number, blocks: number, blockS: number, laserS: number): Cloud {
  const fired: Fired[] = [];
  for (const { stampS, data } of scans(db3, false)) {
    const metresPerStep = (data[9] ?? 4) / 1e3;
    const echoes = data.readUInt16LE(12) === data.readUInt16LE(12 + 2 + 4 * lasers) ? 2 : 1;
    for (let block = 0; block < blocks; block++) {
      const at = 12 + block * (2 + 4 * lasers);
      const azimuth = (data.readUInt16LE(at) / 100) * DEGREE;
      for (let laser = 0; laser < lasers; laser++) {
        const metres = data.readUInt16LE(at + 2 + 4 * laser) * metresPerStep;
        const timeS = stampS - blockS * Math.floor((blocks - 1 - block) / echoes) + laserS * laser;
        fired.push({ azimuth, elevation: (15 - (30 * laser) / (lasers - 1)) * DEGREE, metres, timeS, laser });
      }
    }
  }
  return oneTurn(name, fired);
}
