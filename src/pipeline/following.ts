/**
 * A callback of a caller while something runs. When it throws, the run ends with its error; so when it returns a promise that rejects while the
 * run is on. Later rejections are nobody's, and swallowed: left to the process they would end it.
 */

/**
 * @param signal the caller's
 * @param callback the caller's
 * @param work follows the signal and tells what it is given in place of the caller's: where that signal is aborted it ends soon
 * @throws what `work` throws, or what the callback did
 */
export async function following<P, T>(
  signal: AbortSignal | undefined,
  callback: ((now: P) => unknown) | undefined,
  work: (signal: AbortSignal, tell: ((now: P) => void) | undefined) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal?.reason);
  let failure: { readonly error: unknown } | null = null;
  const fail = (error: unknown): void => {
    failure ??= { error };
    stop.abort(error);
  };
  const tell = callback && ((now: P): void => watch(callback(now), fail));
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    const result = await work(stop.signal, tell);
    throwIf(failure);
    return result;
  } catch (error) {
    throwIf(failure);
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Leaves no rejection of what a callback returned to the process. */
export function watch(returned: unknown, fail: (error: unknown) => void): void {
  if (typeof returned === "object" && returned !== null && "then" in returned) Promise.resolve(returned).catch(fail);
}

function throwIf(failure: { readonly error: unknown } | null): void {
  if (failure) throw failure.error;
}
