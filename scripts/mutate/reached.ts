/** Notes which functions a test file reaches, by the probes that `withProbes` puts in: a line of JSON each. */
import { appendFileSync } from "node:fs";
import { afterAll, expect } from "vitest";

const reached = new Set<string>();
(globalThis as { __reached?: (name: string) => void }).__reached = (name) => reached.add(name);

afterAll(() => {
  appendFileSync(process.env["PLUMBLINE_REACHED"] ?? "", `${JSON.stringify([expect.getState().testPath, [...reached]])}\n`);
});
