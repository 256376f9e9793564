import { encode } from "uqr";

/** Light modules around the code, as readers need them (ISO/IEC 18004). */
const BORDER = 4;

/** Black on white, whatever the colours of the terminal are. */
const COLOURS = "\u001b[38;5;16;48;5;231m";
const PLAIN = "\u001b[0m";

/** A QR code as lines of text, and how wide they are. */
export interface QrCode {
  readonly text: string;
  readonly columns: number;
}

/**
 * `content` as a QR code of half blocks, two rows of modules a line. Without colours light modules are drawn, as for a
 * terminal with a dark background; readers take the reverse as well.
 */
export function qrCode(content: string, hasColour: boolean): QrCode {
  const { data, size } = encode(content, { ecc: "L", border: BORDER });
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    const cells = Array.from({ length: size }, (_, column) => {
      const [upper, lower] = [isDark(data, row, column), isDark(data, row + 1, column)];
      return hasColour ? block(upper, lower) : block(!upper, !lower);
    });
    lines.push(hasColour ? `${COLOURS}${cells.join("")}${PLAIN}` : cells.join(""));
  }
  return { text: lines.join("\n"), columns: size };
}

/** Below the last row, where their number is odd, it is light like the border. */
function isDark(data: readonly (readonly boolean[])[], row: number, column: number): boolean {
  return data[row]?.[column] ?? false;
}

function block(upper: boolean, lower: boolean): string {
  if (upper && lower) return "█";
  if (upper) return "▀";
  return lower ? "▄" : " ";
}
