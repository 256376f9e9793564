import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { HEADER_BYTES, readHeader } from "../../src/wire/frame.ts";
import { frameOf, SAMPLES } from "./samples.ts";

interface Vector {
  readonly name: string;
  readonly meaning: string;
  readonly hex: string;
}

const file = new URL("../vectors/frames.json", import.meta.url);

/*
 * The vectors are what other implementations hold themselves against, so the file is the reference and not the
 * code. MACULA_WRITE_VECTORS=1 writes it anew after a wire change that was meant.
 */
if (process.env.MACULA_WRITE_VECTORS === "1") {
  const vectors = SAMPLES.map(({ name, meaning, ...sample }): Vector => {
    return { name, meaning, hex: toHex(frameOf({ name, meaning, ...sample })) };
  });
  writeFileSync(file, `${JSON.stringify(vectors, undefined, 2)}\n`);
}

const vectors = JSON.parse(readFileSync(file, "utf8")) as readonly Vector[];

describe("the frame vectors", () => {
  it("are those of the samples, in their order", () => {
    const named = ({ name, meaning }: { name: string; meaning: string }) => ({ name, meaning });
    expect(vectors.map(named)).toEqual(SAMPLES.map(named));
  });

  it.each(SAMPLES.map((sample, at) => [sample.name, sample, vectors[at]?.hex ?? ""] as const))(
    "hold both ways: %s",
    (_, sample, hex) => {
      const frame = fromHex(hex) as Uint8Array;
      expect(readHeader(frame, 0)).toBe(frame.length - HEADER_BYTES);
      expect(frame[1]).toBe(sample.type);
      expect(sample.read(frame, HEADER_BYTES, frame.length)).toEqual(sample.message);
      expect(toHex(frameOf(sample))).toBe(hex);
    },
  );
});
