/** What may lie where a file is expected: pipes without another end, sockets, devices, files of holes. */
import { execFileSync } from "node:child_process";
import { symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll } from "vitest";

export function makePipes(...paths: readonly string[]): void {
  if (paths.length > 0) execFileSync("mkfifo", paths);
}

/** Gone, like all sockets, when the test file ends. */
export async function makeSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(path, listening));
  afterAll(() => void server.close());
}

/** A link to a device that never ends. */
export function makeDevice(path: string): void {
  symlinkSync("/dev/zero", path);
}

/** A file that takes no room on the disk. @param begin text stands for the bytes of its code units */
export function makeSparse(path: string, bytes: number, begin: string | Uint8Array = ""): void {
  writeFileSync(path, begin, "latin1");
  truncateSync(path, bytes);
}
