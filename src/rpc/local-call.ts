import { MeshError } from "../base/errors.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import { decodeValue, encodeValue, type Value } from "../wire/value.ts";
import { type CallOptions, checkOptions } from "./call-options.ts";
import { errorOf, failureOf } from "./failure.ts";
import type { Server } from "./server.ts";

/**
 * Calls a procedure of this very node. It means what a remote call means: values are encoded and decoded, so
 * that nothing is shared, and it ends by its deadline with the same errors.
 */
export function callLocally(
  context: RoutingContext,
  server: Server,
  procedure: string,
  args: Value,
  options: CallOptions,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const { timeout, signal } = checkOptions(options);
    if (signal?.aborted) throw new MeshError("cancelled", "the caller has cancelled the call");
    const abandoned = new AbortController();
    const end = (error: MeshError): void => {
      abandoned.abort();
      reject(error);
    };
    const onAbort = (): void =>
      end(new MeshError("cancelled", "the caller has cancelled the call"));
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = context.ports.clock.timer(timeout, () =>
      end(new MeshError("timeout", `the handler did not answer within ${timeout} ms`)),
    );
    server
      .runLocally(procedure, copyOf(args), context.self, abandoned.signal)
      .then((result) => resolve(copyOf(result)))
      .catch((cause) => reject(errorOf(failureOf(cause))))
      .finally(() => {
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
      });
  });
}

function copyOf(value: Value): Value {
  const bytes = encodeValue(value).slice();
  return decodeValue(bytes, 0, bytes.length);
}
