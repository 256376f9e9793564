import type { Readable } from "node:stream";
import { MeshError } from "../../base/errors.ts";

/**
 * The first line of a stream, without its newline.
 *
 * @throws {MeshError} `too_large` where more than `bytesMax` come before it ends, `bad_frame` where the stream
 *   ends first; the reason of `signal` where that fires; the error of the stream.
 */
export function readLine(source: Readable, bytesMax: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const leave = (): void => {
      source.off("data", onData).off("end", onEnd).off("error", fail);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown): void => {
      leave();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const onEnd = (): void => fail(new MeshError("bad_frame", "it ended in the middle of a line"));
    const onData = (part: Buffer): void => {
      const end = part.indexOf("\n");
      const used = end < 0 ? part : part.subarray(0, end);
      parts.push(used);
      size += used.length;
      if (size > bytesMax) fail(new MeshError("too_large", `a line has over ${bytesMax} bytes`));
      else if (end >= 0) {
        leave();
        resolve(Buffer.concat(parts).toString());
      }
    };
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    source.on("data", onData).on("end", onEnd).on("error", fail);
  });
}
