/** The report formats. Adding one = one file here, one line in this list, its golden test. */
import { render as renderJson } from "./json.ts";
import { render as renderJunit } from "./junit.ts";
import { render as renderNdjson } from "./ndjson.ts";
import type { Render } from "./render.ts";
import { render as renderSarif } from "./sarif.ts";
import { render as renderText } from "./text.ts";

export const formats = {
  text: renderText,
  json: renderJson,
  ndjson: renderNdjson,
  sarif: renderSarif,
  junit: renderJunit,
} as const satisfies Readonly<Record<string, Render>>;

export type Format = keyof typeof formats;
