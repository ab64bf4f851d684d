/** The words everything else is said in. */

export type Severity = "error" | "warning" | "info";
export type Status = "pass" | "fail" | "not_run" | "not_observable";

/** What a stream carries. `bytes` is anything without typed columns. */
export type StreamKind = "points" | "imu" | "pose" | "image" | "labels" | "stamps" | "bytes";

/** What a check reads. The reader decodes only what the planned checks need. `frames` is always there. */
export type Need = "frames" | "digests" | "points" | "imu" | "poses" | "labels" | "images";

/**
 * Where a stream's `stampNs` comes from.
 * `sensor`: the message's own stamp (ROS header, protobuf/JSON timestamp) or the file's (name, timestamps.txt).
 * `log`: only the recorder's clock is known. `nominal`: no clock at all, synthesised from a frame number.
 */
export type StampSource = "sensor" | "log" | "nominal";

/** JSON-able values; a bigint prints as a decimal string. */
export type Plain = null | boolean | number | bigint | string | readonly Plain[] | { readonly [key: string]: Plain };
