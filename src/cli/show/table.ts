/** Between two columns. */
const GAP = "  ";

/** Rows in columns as wide as what stands in them, under a head where one is given. Numbers stand right. */
export function table(
  rows: readonly (readonly (string | number)[])[],
  head?: readonly string[],
): string {
  const lines = head === undefined ? rows : [head, ...rows];
  const widths: number[] = [];
  for (const line of lines) {
    for (const [at, cell] of line.entries())
      widths[at] = Math.max(widths[at] ?? 0, String(cell).length);
  }
  const isRight = widths.map((_, at) => rows.some((row) => typeof row[at] === "number"));
  const fitted = (cell: string | number, at: number): string => {
    const width = widths[at] as number;
    return isRight[at] ? String(cell).padStart(width) : String(cell).padEnd(width);
  };
  return lines.map((line) => line.map(fitted).join(GAP).trimEnd()).join("\n");
}

/** `1 link`, `2 links`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `text` with two blanks before each line. */
export function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}

/** The first digits of an id, as logs show it. */
export function short(id: string): string {
  return id.slice(0, 8);
}
