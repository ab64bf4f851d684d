/**
 * A worker thread's first file. What it does is loaded by `import`: Piscina first tries `require`, and Node 24 aborts the whole process when a thread
 * is ended while `require` loads a module. A module that awaits cannot be required.
 */
const { warm, work } = await import("./work.ts");

export { warm, work as default };
