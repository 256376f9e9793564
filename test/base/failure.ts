import { type ErrorCode, MeshError } from "../../src/base/errors.ts";

/** The code that `action` fails with; `undefined` where it succeeds. Anything but a `MeshError` passes through. */
export function failure(action: () => unknown): ErrorCode | undefined {
  try {
    action();
    return undefined;
  } catch (cause) {
    if (cause instanceof MeshError) return cause.code;
    throw cause;
  }
}
