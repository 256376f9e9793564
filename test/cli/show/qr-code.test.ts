import jsqr from "jsqr";
import { describe, expect, it } from "vitest";
import { qrCode } from "../../../src/cli/show/qr-code.ts";
import { writeJoinString } from "../../../src/node/join-string.ts";

/** Pixels on each side of a module. */
const SCALE = 4;

const ADDRESSES = [
  "203.0.113.7:9443",
  "[2001:db8::1]:9443",
  "192.168.178.20:9443",
  "10.0.0.5:9443",
];
const JOIN = writeJoinString(`mesh.${"0123456789ab".repeat(2)}`, "5a".repeat(32), ADDRESSES);

/** What somebody sees in front of the terminal: true where it is dark. */
function seen(text: string): boolean[][] {
  const isColoured = text.includes("\u001b");
  return text.split("\n").flatMap((line) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal takes for a change of colour.
    const cells = [...line.replace(/\u001b\[[\d;]*m/g, "")];
    const ink = (upper: boolean): boolean[] =>
      cells.map((cell) => cell === "█" || cell === (upper ? "▀" : "▄"));
    // Ink is black on white where the terminal was told so, else white on black.
    const dark = (row: boolean[]): boolean[] => (isColoured ? row : row.map((it) => !it));
    return [dark(ink(true)), dark(ink(false))];
  });
}

/** What a reader that knows nothing of how it was made finds in the picture. */
function read(text: string): string | undefined {
  const rows = seen(text);
  const width = (rows[0]?.length ?? 0) * SCALE;
  const height = rows.length * SCALE;
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [Math.floor((at % width) / SCALE), Math.floor(at / width / SCALE)];
    pixels.fill(rows[y]?.[x] ? 0 : 255, 4 * at, 4 * at + 3);
    pixels[4 * at + 3] = 255;
  }
  return jsqr.default(pixels, width, height)?.data;
}

describe("a QR code on a terminal", () => {
  it.each([true, false])(
    "is read as the join string that it was made of (colours: %s)",
    (colours) => {
      expect(read(qrCode(JOIN, colours).text)).toBe(JOIN);
    },
  );

  it("fits into 80 columns also with four addresses", () => {
    const { text, columns } = qrCode(JOIN, false);
    expect(columns).toBeLessThanOrEqual(80);
    expect(new Set(text.split("\n").map((line) => line.length))).toEqual(new Set([columns]));
  });

  it("is not read where a finder pattern is covered, so that the reader is one", () => {
    const { text } = qrCode(JOIN, false);
    const covered = text.split("\n").map((line, at) => (at < 12 ? " ".repeat(line.length) : line));
    expect(read(covered.join("\n"))).toBeUndefined();
  });
});
