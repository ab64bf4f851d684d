/** Ctrl-C and SIGTERM: the first one asks for the report so far, the second one ends the process at once. */
import { EXIT } from "../pipeline/exit-code.ts";

/** npm passes the terminal's signal on to a process that got it already: one Ctrl-C then comes twice. */
const SAME_KEY_MS = 500;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export interface Interrupt {
  /** Aborted by the first signal; the reason is its name. */
  readonly signal: AbortSignal;
  /** From here on a signal ends the process at once, as it did before. */
  release(): void;
}

/**
 * @param atFirst called for the first signal, before `signal` is aborted
 * @param atOnce what must end before the process can
 */
export function onInterrupt(atFirst: () => void, atOnce: (by: NodeJS.Signals) => Promise<void>): Interrupt {
  const controller = new AbortController();
  let firstAt = 0;
  const heard = (by: NodeJS.Signals): void => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      firstAt = now;
      atFirst();
      controller.abort(by);
    } else if (now - firstAt > SAME_KEY_MS) {
      void atOnce(by).then(() => process.exit(EXIT.interrupted));
    }
  };
  for (const signal of SIGNALS) process.on(signal, heard);
  return {
    signal: controller.signal,
    release() {
      for (const signal of SIGNALS) process.off(signal, heard);
    },
  };
}
