/**
 * The few error classes. Bad *data* is a finding, never one of these; misuse is a TypeError or RangeError.
 */

/** Nothing of an input could be read: missing, empty, unknown format, no permission. One clear line. Exit 3. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** A configuration file or option is wrong. One clear line. Exit 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Bytes do not decode as their format says. `offset` counts from the start of the decoded bytes. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
