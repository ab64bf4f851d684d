/** How long to wait for a thread to come to an end by itself. */
const LOOK_EVERY_MS = 50;
/** A process that works gets one core at least, or the machine is too busy for its own good. */
const LEAST_SHARE = 0.8;

/**
 * Waits `ms`; up to `mostMs` where the machine gives this process too little time to work in, for then nothing can be said
 * about how long its work takes.
 *
 * @returns `false` when the time is up; does not return once `enough` is aborted
 */
export function patience(ms: number, mostMs: number, enough: AbortSignal): Promise<false> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const passedMs = performance.now() - startedAt;
      const { user, system } = process.cpuUsage(before);
      const isBusy = (user + system) / 1000 < LEAST_SHARE * passedMs;
      if (passedMs < (isBusy ? mostMs : ms)) return;
      clearInterval(timer);
      resolve(false);
    }, LOOK_EVERY_MS);
    enough.addEventListener("abort", () => clearInterval(timer));
  });
}
