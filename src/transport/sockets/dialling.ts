import type { MeshError } from "../../base/errors.ts";
import type { NodeId } from "../../base/id.ts";
import type { Connection } from "../transport.ts";

/** A dial whose handshake runs. Settles once; what comes later is ignored. */
export class Dialling {
  readonly expect: NodeId | undefined;
  readonly promise: Promise<Connection>;
  #resolve: (connection: Connection) => void = () => {};
  #reject: (error: MeshError) => void = () => {};
  #cleanUp: () => void = () => {};

  constructor(expect: NodeId | undefined) {
    this.expect = expect;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Calls `giveUp` with the reason after `timeout` milliseconds or when `signal` fires, unless it settles before. */
  watch(timeout: number, signal: AbortSignal | undefined, giveUp: (late: boolean) => void): void {
    const timer = setTimeout(() => giveUp(true), timeout);
    const onAbort = (): void => giveUp(false);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#cleanUp = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
  }

  succeed(connection: Connection): void {
    this.#cleanUp();
    this.#resolve(connection);
  }

  fail(error: MeshError): void {
    this.#cleanUp();
    this.#reject(error);
  }
}
