/** Bringing a finished result to stdout or into its file. A result that could not be written is never a success. */
import { writeFile } from "../node/output.ts";
import { type Console, errorText } from "./console.ts";

/** @returns whether the result has arrived; when not, why was said */
export async function deliver(text: string, out: string | undefined, console: Console): Promise<boolean> {
  if (out !== undefined) return write(out, text, console);
  await console.print(text);
  if (console.failure === null) return true;
  console.say(`cannot write to stdout: ${console.failure}`);
  return false;
}

/** @returns whether it is written; when not, why was said */
export async function write(path: string, text: string, console: Console): Promise<boolean> {
  try {
    await writeFile({ path }, text);
    return true;
  } catch (error) {
    console.say(cannotWrite(error, path));
    return false;
  }
}

/** @param path where the error names none */
export function cannotWrite(error: unknown, path: string): string {
  const named = error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : path;
  return `cannot write ${named}: ${errorText(error)}`;
}
