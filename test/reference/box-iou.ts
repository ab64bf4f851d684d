/** What boxes have in common, as it is defined. */

/** left, top, right, bottom. */
export function axisIou(a: readonly number[], b: readonly number[]): number {
  const [al = 0, at = 0, ar = 0, ab = 0] = a;
  const [bl = 0, bt = 0, br = 0, bb = 0] = b;
  const area = (width: number, height: number): number => Math.max(0, width) * Math.max(0, height);
  const both = area(Math.min(ar, br) - Math.max(al, bl), Math.min(ab, bb) - Math.max(at, bt));
  const union = area(ar - al, ab - at) + area(br - bl, bb - bt) - both;
  return union === 0 ? 0 : both / union;
}

type Point = readonly [number, number];

/** x y z length width height yaw. @returns from above, as bodies. The shared polygon's corners are those inside the other and the crossings. */
export function orientedIou(a: readonly number[], b: readonly number[]): readonly [number, number] {
  const [p, q] = [cornersOf(a), cornersOf(b)];
  const points = [...p.filter((one) => isInside(one, b)), ...q.filter((one) => isInside(one, a)), ...crossings(p, q)];
  const centre = points.reduce(([x, y], [px, py]) => [x + px / points.length, y + py / points.length] as const, [0, 0] as Point);
  const around = points.toSorted((s, t) => Math.atan2(s[1] - centre[1], s[0] - centre[0]) - Math.atan2(t[1] - centre[1], t[0] - centre[0]));
  const ground = Math.abs(
    around.reduce((sum, [x, y], i) => {
      const [nx, ny] = around[(i + 1) % around.length] ?? [0, 0];
      return sum + x * ny - nx * y;
    }, 0) / 2,
  );
  const [, , az = 0, al = 0, aw = 0, ah = 0] = a;
  const [, , bz = 0, bl = 0, bw = 0, bh = 0] = b;
  const body = ground * Math.max(0, Math.min(az + ah / 2, bz + bh / 2) - Math.max(az - ah / 2, bz - bh / 2));
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return [share(ground, al * aw + bl * bw - ground), share(body, al * aw * ah + bl * bw * bh - body)];
}

function cornersOf([x = 0, y = 0, , length = 0, width = 0, , yaw = 0]: readonly number[]): readonly Point[] {
  return [
    [1, 1],
    [-1, 1],
    [-1, -1],
    [1, -1],
  ].map(([i = 0, j = 0]) => [
    x + (i * length * Math.cos(yaw) - j * width * Math.sin(yaw)) / 2,
    y + (i * length * Math.sin(yaw) + j * width * Math.cos(yaw)) / 2,
  ]);
}

function isInside([px, py]: Point, [x = 0, y = 0, , length = 0, width = 0, , yaw = 0]: readonly number[]): boolean {
  const [dx, dy] = [px - x, py - y];
  const slack = 1e-9;
  const along = Math.abs(dx * Math.cos(yaw) + dy * Math.sin(yaw));
  return along <= length / 2 + slack && Math.abs(dy * Math.cos(yaw) - dx * Math.sin(yaw)) <= width / 2 + slack;
}

function crossings(p: readonly Point[], q: readonly Point[]): readonly Point[] {
  return p.flatMap((a, i) => {
    const b = p[(i + 1) % 4] ?? a;
    return q.flatMap((c, j): Point[] => {
      const d = q[(j + 1) % 4] ?? c;
      const cross = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0]);
      if (Math.abs(cross) < 1e-12) return [];
      const s = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / cross;
      const t = ((c[0] - a[0]) * (b[1] - a[1]) - (c[1] - a[1]) * (b[0] - a[0])) / cross;
      return s < 0 || s > 1 || t < 0 || t > 1 ? [] : [[a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1])]];
    });
  });
}
