/**
 * The two streams of the command line. Results go to stdout and are flushed before the process ends; everything said
 * about the run goes to stderr, a line at a time, with whatever a file name could smuggle in made visible.
 */
import { errorText } from "../node/system-error.ts";
import { visible } from "../report/escape.ts";

export { errorText };

export class Console {
  /** The reader of stdout has gone (`| head`): nothing more is written, and that is no error. */
  #gone = false;
  #failure: string | null = null;

  constructor() {
    process.stdout.on("error", (error: NodeJS.ErrnoException) => this.#onError(error));
    process.stderr.on("error", () => {});
  }

  /** Resolves when written. */
  async print(text: string): Promise<void> {
    if (this.#gone || this.#failure !== null || text === "") return;
    await new Promise<void>((done) => {
      process.stdout.write(text, () => done());
    });
  }

  /** One line on stderr. */
  say(line: string): void {
    process.stderr.write(`plumbline: ${visible(line)}\n`);
  }

  /** Why results could not be written to stdout, if they could not. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Ends the process once both streams are flushed. */
  async exit(code: number): Promise<never> {
    await new Promise<void>((done) => {
      process.stderr.write("", () => done());
    });
    process.exit(code);
  }

  /** Colours only for a person who wants them (https://no-color.org). */
  get color(): boolean {
    return process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
  }

  /** Columns to wrap at; none when a program reads. */
  get width(): number {
    return process.stdout.isTTY === true ? Math.max(40, process.stdout.columns || 80) : Number.POSITIVE_INFINITY;
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (error.code === "EPIPE") this.#gone = true;
    else this.#failure = errorText(error);
  }
}
