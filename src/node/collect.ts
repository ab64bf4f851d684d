/**
 * V8's garbage collector, asked for by name. Left to itself it lets a heap grow to some multiple of what is in use, and memory of
 * WebAssembly instances wait for gigabytes, because to the heap they weigh next to nothing.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { lazy } from "../lazy.ts";

/** Gives back all memory that nothing refers to any more. */
export function collect(): void {
  // The first finds it, the second waits until it is given back.
  collector()();
  collector()();
}

const collector = lazy((): (() => void) => {
  try {
    setFlagsFromString("--expose-gc");
    return runInNewContext("gc") as () => void;
  } catch {
    return () => {};
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
});
