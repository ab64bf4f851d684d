/** The kernels of the simulator: a module of its own, loaded by it alone. Declared as `SimulatorExports` (src/simulate/kernels.generated.ts). */
export { formEchoes } from "./echoes";
export { jpegEncode } from "./jpeg-encode";
export { lz4Compress } from "./lz4-compress";
export { castRays } from "./raycast";
export { renderImage } from "./render";

/** First byte above the kernels' own tables and scratch: where a caller's arena may begin. */
// @ts-ignore: exported as itself, a global of the compiler stays a constant; a copy of it would need a start function.
export { __heap_base as HEAP_BASE };
