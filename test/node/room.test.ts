import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { SharedRoom } from "../../src/node/room.ts";

const PAGE = 65_536;

test("all together hold what there is, one alone what it likes", () => {
  const one = new SharedRoom(10 * PAGE);
  const other = new SharedRoom(10 * PAGE, one.buffer);
  expect([one.hold(6 * PAGE), other.hold(5 * PAGE), other.hold(4 * PAGE), one.hold(7 * PAGE), one.hold(2 * PAGE)]).toEqual([
    true,
    false,
    true,
    false,
    true,
  ]);
  other.giveBack();
  expect(one.hold(99 * PAGE)).toBe(true);
  expect(other.hold(1)).toBe(false);
  one.giveBack();
  expect(other.hold(1)).toBe(true);
});

test("what turns out to be more counts at once", () => {
  const one = new SharedRoom(10 * PAGE);
  const other = new SharedRoom(10 * PAGE, one.buffer);
  one.hold(PAGE);
  one.count(20 * PAGE);
  expect(other.hold(PAGE)).toBe(false);
  one.count(2 * PAGE);
  expect(other.hold(8 * PAGE)).toBe(true);
});

/** A thread that takes `pages` again and again, and writes down how much all held. */
const THREAD = `
import { workerData } from "node:worker_threads";
const { SharedRoom } = await import(workerData.module);
const room = new SharedRoom(workerData.bytes, workerData.room);
const seen = new Int32Array(workerData.seen);
for (let i = 0; i < 200; i++) {
  const pages = 1 + ((i * 7 + workerData.n * 3) % 12);
  if (!room.hold(pages * ${PAGE})) { room.giveBack(); if (!room.wait(pages * ${PAGE})) break; }
  const together = Atomics.add(seen, 0, pages) + pages;
  if (together > 10 && together !== pages) Atomics.add(seen, 1, 1);
  Atomics.sub(seen, 0, pages);
  if (i % 3 === 0 || room.isWanted) room.giveBack();
}
room.giveBack();
Atomics.add(seen, 2, 1);
`;

test("threads that take more than there is, together and alone, all come to their end and never exceed it", async () => {
  const room = new SharedRoom(10 * PAGE);
  const seen = new SharedArrayBuffer(12);
  const module = new URL("../../src/node/room.ts", import.meta.url).href;
  const ended = Array.from({ length: 4 }, (_, n) => {
    const workerData = { module, n, bytes: 10 * PAGE, room: room.buffer, seen };
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(THREAD)}`), { workerData });
    return new Promise((resolve, reject) => thread.on("error", reject).on("exit", resolve));
  });
  await Promise.all(ended);
  expect([...new Int32Array(seen)]).toEqual([0, 0, 4]);
});

test("a stop lets go who waits", async () => {
  const room = new SharedRoom(10 * PAGE);
  room.hold(10 * PAGE);
  const code = `
    import { workerData, parentPort } from "node:worker_threads";
    const { SharedRoom } = await import(workerData.module);
    parentPort.postMessage("waits");
    parentPort.postMessage(new SharedRoom(0, workerData.room).wait(${PAGE}));
  `;
  const module = new URL("../../src/node/room.ts", import.meta.url).href;
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: { module, room: room.buffer } });
  const said = await new Promise((resolve) => {
    thread.on("message", (message) => (message === "waits" ? setTimeout(() => room.stop(), 20) : resolve(message)));
  });
  expect(said).toBe(false);
});
