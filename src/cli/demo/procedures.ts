/** What `text.count` answers. */
export interface TextCount {
  readonly lines: number;
  readonly words: number;
  readonly bytes: number;
}

/** A task for the calculator. */
export interface Operands {
  readonly a: number;
  readonly b: number;
}

/** Counts as `wc` does: line feeds, runs of anything but white space, bytes of UTF-8. */
export function countText(text: string): TextCount {
  return {
    lines: text.split("\n").length - 1,
    words: text.match(/\S+/g)?.length ?? 0,
    bytes: Buffer.byteLength(text),
  };
}

/** The calculator's procedures by name. */
export const CALCULATOR: Readonly<Record<string, (operands: Operands) => number>> = {
  "calculator.add": ({ a, b }) => a + b,
  "calculator.subtract": ({ a, b }) => a - b,
  "calculator.multiply": ({ a, b }) => a * b,
  "calculator.divide": ({ a, b }) => a / b,
};

/** A call the client makes and the answer that is right. */
export interface Task {
  readonly procedure: string;
  readonly argument: unknown;
  readonly expected: unknown;
}

/** Every tenth task counts a paragraph of `text`, the others calculate. The answers are computed here. */
export function taskNumber(number: number, text: string): Task {
  if (number % 10 === 0) {
    const paragraphs = text.split("\n\n");
    const paragraph = paragraphs[(number / 10) % paragraphs.length] ?? text;
    return { procedure: "text.count", argument: paragraph, expected: countText(paragraph) };
  }
  const names = Object.keys(CALCULATOR);
  const procedure = names[number % names.length] as string;
  const operands = { a: number * 37 - 1_000, b: (number % 13) + 0.5 };
  const expected = CALCULATOR[procedure]?.(operands);
  return { procedure, argument: operands, expected };
}
