/** A scatter of errors over excitation / noise, both axes logarithmic, with the line of their median. */
export interface Dot {
  readonly ratio: number;
  readonly errorMs: number;
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [640, 400, 60, 48, 16, 16];
const X = [1, 1000] as const;
const Y = [0.01, 100] as const;

export function errorPlot(dots: readonly Dot[]): string {
  const log = (value: number, [low, high]: readonly [number, number]): number =>
    (Math.log10(value) - Math.log10(low)) / (Math.log10(high) - Math.log10(low));
  const x = (ratio: number): number => LEFT + log(Math.min(X[1], Math.max(X[0], ratio)), X) * (WIDTH - LEFT - RIGHT);
  const y = (errorMs: number): number => HEIGHT - BOTTOM - log(Math.min(Y[1], Math.max(Y[0], errorMs)), Y) * (HEIGHT - BOTTOM - TOP);
  const at = (value: number): string => value.toFixed(1);
  const grid = [
    ...[1, 10, 100, 1000].flatMap((ratio) => [
      `<line x1="${at(x(ratio))}" y1="${TOP}" x2="${at(x(ratio))}" y2="${HEIGHT - BOTTOM}"/>`,
      `<text x="${at(x(ratio))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${ratio}</text>`,
    ]),
    ...[0.01, 0.1, 1, 10, 100].flatMap((errorMs) => [
      `<line x1="${LEFT}" y1="${at(y(errorMs))}" x2="${WIDTH - RIGHT}" y2="${at(y(errorMs))}"/>`,
      `<text x="${LEFT - 8}" y="${at(y(errorMs) + 4)}" text-anchor="end">${errorMs}</text>`,
    ]),
  ];
  const sorted = [...dots].sort((a, b) => a.ratio - b.ratio);
  const size = Math.max(8, Math.floor(sorted.length / 10));
  const line: string[] = [];
  for (let k = 0; k + size <= sorted.length; k += size) {
    const part = sorted.slice(k, k + size);
    const errors = part.map(({ errorMs }) => errorMs).sort((a, b) => a - b);
    line.push(`${at(x(part[size >> 1]?.ratio ?? 1))},${at(y(errors[size >> 1] ?? 1))}`);
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    "<title>Error of an offset against excitation over noise</title>",
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<g stroke="#ddd" fill="#333" stroke-width="1">${grid.join("").replaceAll("<text", '<text stroke="none"')}</g>`,
    `<g fill="#36c" fill-opacity="0.5">${dots.map(({ ratio, errorMs }) => `<circle cx="${at(x(ratio))}" cy="${at(y(errorMs))}" r="2.5"/>`).join("")}</g>`,
    `<polyline points="${line.join(" ")}" fill="none" stroke="#c33" stroke-width="2"/>`,
    `<text x="${(WIDTH + LEFT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">excitation / noise (1/s)</text>`,
    `<text x="16" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 16 ${HEIGHT / 2})">error (ms)</text>`,
    "</svg>",
    "",
  ].join("\n");
}
