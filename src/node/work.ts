/** One worker's whole life: a single task that claims spans until none are left, and posts the fold of each claim. */
import type { MessagePort } from "node:worker_threads";
import type { Collected } from "../check/table.ts";
import { checks } from "../checks/index.ts";
import { loadKernels } from "../kernels.ts";
import { type MemoryBudget, memoryOf } from "../memory.ts";
import { makeFolder, type Part } from "../pipeline/observe.ts";
import { sourceOf } from "../pipeline/open.ts";
import type { Plan } from "../pipeline/plan.ts";
import type { RecordingIndex } from "../types.ts";
import { type InputDescriptor, openDescriptor } from "./input.ts";
import { nodePlatform } from "./platform.ts";
import { SharedRoom } from "./room.ts";
import { SharedWork } from "./shared.ts";
import { SpanMemory } from "./span-memory.ts";

export interface WorkerTask {
  readonly worker: number;
  readonly workers: number;
  readonly descriptor: InputDescriptor;
  readonly index: RecordingIndex;
  readonly plan: Plan;
  readonly early: Collected;
  readonly module: WebAssembly.Module;
  readonly memory: MemoryBudget;
  readonly room: SharedArrayBuffer;
  readonly shared: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** Sent over the port for every claim, in no order between workers; `null` says this worker is done. */
export type WorkerMessage = Part | null;

/** Does nothing: by the time it runs, this file and all it imports are loaded. */
export function warm(): void {}

export async function work(task: WorkerTask): Promise<void> {
  const { worker, workers, index, plan, port } = task;
  const kernels = await loadKernels(task.module, task.memory);
  const input = openDescriptor(task.descriptor);
  const source = await sourceOf(index);
  const reader = source.reader(input, index, kernels, nodePlatform);
  const folder = makeFolder(checks, plan, index, kernels, task.early);
  const shared = new SharedWork(task.shared);
  const room = new SharedRoom(task.memory.sharedBytes, task.room);
  const memory = new SpanMemory(kernels, room);
  shared.begin();
  try {
    for (let claim = shared.claim(index.spans.length, workers); claim; claim = shared.claim(index.spans.length, workers)) {
      const [first, end] = claim;
      let part: Part | null = null;
      for (let i = first; i < end && !shared.stopped; i++) {
        const span = index.spans[i];
        if (!span || !memory.begin(memoryOf(span))) break;
        const next = folder.observe(reader, i);
        part = part === null ? next : folder.merge(part, next);
        memory.end();
        shared.advance(worker, span.bytes);
      }
      if (part) port.postMessage(part satisfies WorkerMessage);
    }
  } finally {
    memory.giveBack();
    input.close();
    port.postMessage(null satisfies WorkerMessage);
    port.close();
  }
}
