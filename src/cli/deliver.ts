/** Bringing a finished result to stdout or into its file. A result that could not be written is never a success. */
import { type Console, errorText } from "./console.ts";
import { replaceFile } from "./files.ts";

/** @returns whether the result has arrived; when not, why was said */
export async function deliver(text: string, out: string | undefined, console: Console): Promise<boolean> {
  if (out !== undefined) return write(out, text, console);
  await console.print(text);
  if (console.failure === null) return true;
  console.say(`cannot write to stdout: ${console.failure}`);
  return false;
}

/** @returns whether it is written; when not, why was said */
export function write(path: string, text: string | Uint8Array, console: Console): boolean {
  try {
    replaceFile(path, text);
    return true;
  } catch (error) {
    console.say(`cannot write ${path}: ${errorText(error)}`);
    return false;
  }
}
