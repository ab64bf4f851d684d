/** What a drive is asked to be. */
import { ConfigError } from "../errors.ts";
import * as given from "../given.ts";
import * as is from "../rig/expect.ts";
import { MOST_ANNOTATORS } from "./annotators.ts";
import { type Fault, faultsOf } from "./faults.ts";

export interface DriveOptions {
  /** Same seed, same bytes. A whole number, 0 to 2^53 - 1; default 1. */
  readonly seed?: number | undefined;
  /** Above 0, at most a day; default 20. */
  readonly seconds?: number | undefined;
  /** Default 64 rings of 1800 columns, one return. Rings: a multiple of 4, 4 to 128; columns 16 to 4096. */
  readonly lidar?: { readonly rings: number; readonly columns: number; readonly returns?: 1 | 2 } | undefined;
  /** Default 960 x 540; null for none. Width a multiple of 16, height of 4, 64 to 4096. */
  readonly camera?: { readonly width: number; readonly height: number } | null | undefined;
  /** Sweeps and images per second, 5 to 20; default 10. */
  readonly rateHz?: number | undefined;
  /** 1 to MOST_ANNOTATORS; default 5. */
  readonly annotators?: number | undefined;
  /** Planted defects; see docs/simulator.md. */
  readonly faults?: readonly Fault[] | undefined;
}

const anyNumber = given.number("a number", () => true);
const lidar = is.record<NonNullable<DriveOptions["lidar"]>>(
  { rings: is.finite, columns: is.finite, returns: is.finite as is.Expect<1 | 2> },
  ["rings", "columns"],
);
const camera = is.record<NonNullable<DriveOptions["camera"]>>({ width: is.finite, height: is.finite }, ["width", "height"]);

/** Of what type each must be; `settingsOf` knows their ranges. */
export const driveOptions: given.Fields<DriveOptions> = {
  seed: anyNumber,
  seconds: anyNumber,
  lidar,
  camera: (value, name) => (value === null ? null : camera(value, name)),
  rateHz: anyNumber,
  annotators: anyNumber,
  faults: faultsOf,
};

export interface DriveSettings {
  readonly seed: number;
  readonly seconds: number;
  readonly lidar: { readonly rings: number; readonly columns: number; readonly returns: 1 | 2 };
  readonly camera: { readonly width: number; readonly height: number } | null;
  readonly rateHz: number;
  readonly annotators: number;
  readonly faults: readonly Fault[];
}

/** @throws ConfigError that names the option, what was expected and what was there */
export function settingsOf(options: DriveOptions): DriveSettings {
  const { seed = 1, seconds = 20, lidar = { rings: 64, columns: 1800 }, rateHz = 10, annotators = 5, faults = [] } = options;
  const camera = options.camera === undefined ? { width: 960, height: 540 } : options.camera;
  const returns = lidar.returns ?? 1;
  need("seed", seed, "a whole number from 0 to 2^53 - 1", Number.isSafeInteger(seed) && seed >= 0);
  need("seconds", seconds, "a number above 0, at most 86400", seconds > 0 && seconds <= 86_400);
  need("lidar rings", lidar.rings, "a multiple of 4 from 4 to 128", whole(lidar.rings, 4, 128) && lidar.rings % 4 === 0);
  need("lidar columns", lidar.columns, "a whole number from 16 to 4096", whole(lidar.columns, 16, 4096));
  need("lidar returns", returns, "1 or 2", returns === 1 || returns === 2);
  need("rate", rateHz, "a number from 5 to 20", rateHz >= 5 && rateHz <= 20);
  need("annotators", annotators, `a whole number from 1 to ${MOST_ANNOTATORS}`, whole(annotators, 1, MOST_ANNOTATORS));
  for (const [name, side, by] of camera
    ? ([
        ["width", camera.width, 16],
        ["height", camera.height, 4],
      ] as const)
    : []) {
    need(`camera ${name}`, side, `a multiple of ${by} from 64 to 4096`, whole(side, 64, 4096) && side % by === 0);
  }
  for (const [i, fault] of faults.entries()) {
    const last = fault.from >= seconds;
    if (last) throw new ConfigError(`faults[${i}].from: expected less than the drive's ${seconds} s, got ${fault.from}`);
  }
  return { seed, seconds, lidar: { ...lidar, returns }, camera, rateHz, annotators, faults };
}

function whole(n: number, low: number, high: number): boolean {
  return Number.isInteger(n) && n >= low && n <= high;
}

function need(name: string, value: unknown, expected: string, holds: boolean): void {
  if (!holds) throw new ConfigError(`${name}: expected ${expected}, got ${String(value)}`);
}
