/** Ctrl-C: the first one asks for the report so far, the second one ends the process at once. */
import { EXIT } from "../pipeline/exit-code.ts";
import type { Console } from "./console.ts";

/** npm passes the terminal's signal on to a process that got it already: one Ctrl-C then comes twice. */
const SAME_KEY_MS = 500;

export function onInterrupt(console: Console): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  process.on("SIGINT", () => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      firstAt = now;
      console.say("interrupted: reporting what was done so far (Ctrl-C again to stop at once)");
      controller.abort();
    } else if (now - firstAt > SAME_KEY_MS) {
      process.exit(EXIT.interrupted);
    }
  });
  return controller.signal;
}
