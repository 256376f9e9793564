import { MeshError } from "../base/errors.ts";
import { idText } from "../base/id.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import { decodeValue, encodeValue, type Value } from "../wire/value.ts";
import { type CallOptions, checkOptions } from "./call-options.ts";
import { errorOf, failureOf } from "./failure.ts";
import type { CallContext } from "./handler.ts";
import { noSuchProcedure, type Server } from "./server.ts";

/**
 * Calls a procedure of this very node. It means what a remote call means: values are encoded and decoded, so
 * that nothing is shared, it takes one of the server's places, and it ends by its deadline with the same errors.
 */
export function callLocally(
  context: RoutingContext,
  server: Server,
  procedure: string,
  args: Value,
  options: CallOptions,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const { timeout, signal } = checkOptions(options, "hybrid");
    if (signal?.aborted) throw cancelled();
    if (!server.has(procedure)) throw noSuchProcedure(procedure);
    const copy = copyOf(args);
    const abandoned = new AbortController();
    const end = (error?: MeshError): void => {
      leave();
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
      if (error === undefined) return;
      abandoned.abort();
      reject(error);
    };
    const onAbort = (): void => end(cancelled());
    const leave = server.enter(end);
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = context.ports.clock.timer(timeout, () =>
      end(new MeshError("timeout", `the handler did not answer within ${timeout} ms`)),
    );
    server
      .runLocally(copy, localContext(context, procedure, abandoned.signal))
      .then(
        (result) => resolve(copyOf(result)),
        (cause) => reject(errorOf(failureOf(cause))),
      )
      .catch(reject) // The result has no encoding.
      .finally(() => end());
  });
}

/** Casts to a procedure of this very node: what becomes of it is logged as it is for a cast from elsewhere. */
export function castLocally(
  context: RoutingContext,
  server: Server,
  procedure: string,
  args: Value,
  options: CallOptions,
): void {
  if (checkOptions(options, "hybrid").signal?.aborted) throw cancelled();
  server.cast(procedure, copyOf(args), { source: context.self, hops: 0 });
}

function localContext(
  { self }: RoutingContext,
  procedure: string,
  signal: AbortSignal,
): CallContext {
  return { procedure, caller: idText(self), hops: 0, signal };
}

function copyOf(value: Value): Value {
  const bytes = encodeValue(value).slice();
  return decodeValue(bytes, 0, bytes.length);
}

function cancelled(): MeshError {
  return new MeshError("cancelled", "the caller has cancelled the call");
}
