/** The other screen of a terminal, the cursor hidden; and back to how it was. */
const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

/** Ctrl-C, which is a letter like others while keys are read one by one. */
const CTRL_C = "\u0003";

/** A terminal that is drawn on and gives its keys, until it is disposed. */
export class Screen implements Disposable {
  readonly #output: NodeJS.WriteStream;
  readonly #input: NodeJS.ReadStream;
  readonly #onKey: (bytes: Buffer) => void;
  readonly #restore = (): void => this[Symbol.dispose]();
  #isOpen = true;

  /** `onQuit` is called at q and Ctrl-C. */
  constructor(output: NodeJS.WriteStream, input: NodeJS.ReadStream, onQuit: () => void) {
    this.#output = output;
    this.#input = input;
    this.#onKey = (bytes) => {
      const keys = bytes.toString();
      if (keys.includes("q") || keys.includes(CTRL_C)) onQuit();
    };
    output.write(ENTER);
    if (input.isTTY) input.setRawMode(true);
    input.on("data", this.#onKey).resume();
    // Also where it ends by an error: a terminal without cursor is of no use to anybody.
    process.once("exit", this.#restore);
  }

  get room(): { columns: number; rows: number } {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  /** Shows the text in place of what was there. */
  draw(text: string): void {
    const lines = text.split("\n").map((line) => `${line}${CLEAR_LINE}`);
    this.#output.write(`${HOME}${lines.join("\r\n")}${CLEAR_BELOW}`);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off("exit", this.#restore);
    this.#input.off("data", this.#onKey).pause();
    if (this.#input.isTTY) this.#input.setRawMode(false);
    this.#output.write(LEAVE);
  }
}
