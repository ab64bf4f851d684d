/** What one worker holds of the room all threads share: its span, and the kernel memory it has grown to. */
import type { Kernels } from "../kernels.ts";
import { nodePlatform } from "./platform.ts";
import type { SharedRoom } from "./room.ts";

export class SpanMemory {
  readonly #kernels: Kernels;
  readonly #room: SharedRoom;
  /** Where what outlives a span ends in kernel memory. */
  readonly #mark: number;

  constructor(kernels: Kernels, room: SharedRoom) {
    this.#kernels = kernels;
    this.#room = room;
    this.#mark = kernels.mark();
  }

  /**
   * Waits until there is room for a span.
   * @returns false when the run was stopped meanwhile
   */
  begin(bytes: number): boolean {
    if (this.#room.hold(Math.max(bytes, this.#kernels.bytes))) return true;
    this.giveBack();
    return this.#room.wait(bytes);
  }

  /** The span was looked at. */
  end(): void {
    this.#room.count(this.#kernels.bytes);
    if (this.#room.isWanted) this.giveBack();
  }

  /** Memory is said to be free only when it is. */
  giveBack(): void {
    this.#kernels.release(this.#mark);
    this.#kernels.shed(nodePlatform);
    this.#room.giveBack();
  }
}
