/** Ctrl-C: the first one asks for the report so far, the second one ends the process at once. */
import { EXIT } from "../exit-code.ts";
import type { Console } from "./console.ts";

export function onInterrupt(console: Console): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    console.say("interrupted: reporting what was done so far (Ctrl-C again to stop at once)");
    controller.abort();
  });
  return controller.signal;
}
