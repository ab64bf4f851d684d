/** The checksums of an upload to S3 as text: one line each, in base64 as S3 takes and shows them. */
import type { S3Checksums } from "../node/s3.ts";
import { visible } from "../report/escape.ts";

export function s3Text(files: readonly S3Checksums[]): string {
  return files
    .flatMap(({ path, bytes, partBytes, parts, full, composite }) => [
      "",
      `${visible(path)}: ${bytes} bytes, ${parts} parts of ${partBytes}`,
      ...Object.entries(full).map(([name, value]) => `  ${name.padEnd(10)} full object  ${value}`),
      ...Object.entries(composite).map(([name, value]) => `  ${name.padEnd(10)} composite    ${value}`),
    ])
    .concat("")
    .join("\n");
}
