/** One sweep as the bench knows it, whatever it came from. */
export interface Cloud {
  readonly name: string;
  /** Metres. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
  /** Seconds after the sweep's stamp; NaN is written as a zero, whatever times count from. */
  readonly t: Float64Array;
  readonly laser: Uint16Array;
  /** False where points do not name their laser. */
  readonly isNamed: boolean;
  readonly spin: "clockwise" | "counterclockwise";
}

export class CloudBuilder {
  private readonly columns: readonly number[][] = [[], [], [], [], []];
  private readonly name: string;
  private readonly spin: Cloud["spin"];

  constructor(name: string, spin: Cloud["spin"]) {
    this.name = name;
    this.spin = spin;
  }

  add(...point: readonly [number, number, number, number, number]): void {
    for (const [i, value] of point.entries()) this.columns[i]?.push(value);
  }

  done(isNamed = true): Cloud {
    const [x, y, z, t] = this.columns.map((column) => Float64Array.from(column)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    return { name: this.name, x, y, z, t, laser: Uint16Array.from(this.columns[4] ?? []), isNamed, spin: this.spin };
  }
}

/** The same points in another order, or fewer of them. */
export function pick(cloud: Cloud, rows: Int32Array | readonly number[]): Cloud {
  const of = <Column extends Float64Array | Uint16Array>(column: Column): Column => {
    const made = new (column.constructor as new (length: number) => Column)(rows.length);
    for (const [i, row] of rows.entries()) made[i] = column[row] ?? 0;
    return made;
  };
  return { ...cloud, x: of(cloud.x), y: of(cloud.y), z: of(cloud.z), t: of(cloud.t), laser: of(cloud.laser) };
}
