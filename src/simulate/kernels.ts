/** The simulator's kernels: a module of its own, so that nobody else carries it. */
import { Arena, bytesOf } from "../kernels.ts";
import { type SimulatorExports, WASM_BASE64 } from "./kernels.generated.ts";

export class SimulatorKernels extends Arena<SimulatorExports> {}

export async function loadSimulatorKernels(): Promise<SimulatorKernels> {
  const { instance } = await WebAssembly.instantiate(bytesOf(WASM_BASE64), {});
  return new SimulatorKernels(instance);
}
