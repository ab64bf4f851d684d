/**
 * ROS 2 serialisation: CDR with a 4-byte encapsulation header, whose second byte tells version and endianness.
 * OMG DDS-XTypes 1.3, 7.6.2.1.2; plain encodings only, which is what every ROS 2 middleware writes for messages.
 */
import { REASON } from "./message.ts";
import type { RosDialect } from "./ros.ts";
import type { RosForm } from "./ros-cursor.ts";

const plain = (littleEndian: boolean, maxAlign: number): RosForm => ({ origin: 4, littleEndian, maxAlign, signedSeconds: true });

const FORMS: ReadonlyMap<number, RosForm> = new Map([
  [0x00, plain(false, 8)], // CDR_BE
  [0x01, plain(true, 8)], // CDR_LE
  [0x06, plain(false, 4)], // CDR2_BE
  [0x07, plain(true, 4)], // CDR2_LE
  [0x10, plain(false, 4)], // PLAIN_CDR2, as an ENC_HEADER
  [0x11, plain(true, 4)],
]);

export const ROS2: RosDialect = {
  ros2: true,
  formOf: (payload) => (payload.length < 4 ? REASON.truncated : (FORMS.get(payload[1] ?? 0) ?? "not plain CDR")),
};
