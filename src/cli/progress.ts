/**
 * Progress on stderr: one line that rewrites itself on a terminal, a plain line now and then in a log. Its clock is the
 * engine's own, so a run that is over in a moment says nothing.
 */
import type { Progress } from "../pipeline/check-options.ts";
import { visible } from "../report/escape.ts";
import { bytesText, durationText } from "../report/units.ts";

const TTY_EVERY_MS = 100;
const LOG_EVERY_MS = 10_000;

export interface Meter {
  update(progress: Progress): void;
  /** Clears the line. */
  end(): void;
}

export interface Sink {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** @param label of the recording, and which of how many */
export function meter(label: string, sink: Sink): Meter {
  const tty = sink.isTTY === true;
  const every = tty ? TTY_EVERY_MS : LOG_EVERY_MS;
  let last = 0;
  let shown = false;
  return {
    update(progress) {
      if (progress.elapsedMs - last < every) return;
      last = progress.elapsedMs;
      const line = progressLine(label, progress);
      // A line wider than the terminal would wrap, and only its last part be rewritten.
      sink.write(tty ? `\r\u001b[K${[...line].slice(0, (sink.columns || 80) - 1).join("")}` : `plumbline: ${line}\n`);
      shown = true;
    },
    end() {
      if (tty && shown) sink.write("\r\u001b[K");
    },
  };
}

/** "drive.mcap: 30 %, 1.20 GiB of 4.00 GiB, 812 MiB/s, 4 s left, 2 findings". */
export function progressLine(label: string, { bytes, totalBytes, findings, elapsedMs }: Progress): string {
  const share = totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 1;
  const rate = elapsedMs > 0 ? (bytes * 1000) / elapsedMs : 0;
  const leftSeconds = share > 0 ? Math.ceil((elapsedMs * (1 - share)) / share / 1000) : null;
  return [
    `${visible(label)}: ${Math.floor(share * 100)} %`,
    `${bytesText(bytes)} of ${bytesText(totalBytes)}`,
    `${bytesText(Math.round(rate))}/s`,
    ...(leftSeconds === null ? [] : [`${leftSeconds < 60 ? `${leftSeconds} s` : durationText(1000 * leftSeconds)} left`]),
    `${findings} ${findings === 1 ? "finding" : "findings"}`,
  ].join(", ");
}
