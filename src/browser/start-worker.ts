/** The one expression bundlers look for; the build rewrites its extension (scripts/setup/tasks.mjs). */
export function startWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "plumbline" });
}
