import type { Address } from "../../base/address.ts";
import { codeFromWire, ERROR_CODES, MeshError, toMeshError } from "../../base/errors.ts";
import { idText, type NodeId, sameId } from "../../base/id.ts";
import type { Clock, Timer } from "../../base/ports.ts";
import type { CloseInfo, Connection, DialOptions } from "../transport.ts";
import type { Parameters, Proof } from "./frames.ts";
import type { MemoryConnection } from "./memory-connection.ts";

/** Checks who an end is. Throws `bad_certificate`. */
export type VerifyProof = (proof: Proof) => NodeId;

/** How the caller of `dial` hears of its outcome. */
export interface DialOutcome {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (cause: MeshError) => void;
}

/** One running `dial`: settles once, by an answer, a refusal, its timeout or its signal. */
export class Dial {
  readonly #connection: MemoryConnection;
  readonly #address: Address;
  readonly #options: DialOptions;
  readonly #outcome: DialOutcome;
  readonly #timer: Timer;
  #settled = false;

  constructor(
    clock: Clock,
    connection: MemoryConnection,
    address: Address,
    options: DialOptions,
    outcome: DialOutcome,
  ) {
    this.#connection = connection;
    this.#address = address;
    this.#options = options;
    this.#outcome = outcome;
    this.#timer = clock.timer(options.timeout, () => {
      const text = `${address} did not answer within ${options.timeout} ms`;
      this.fail(new MeshError("dial_failed", text));
    });
    options.signal?.addEventListener("abort", this.#abort, { once: true });
    connection.onFailed = (info) => this.#refused(info);
  }

  /** The other side has shown who it is. False where the dial has failed by it. */
  answered(proof: Proof, parameters: Parameters, verify: VerifyProof): boolean {
    if (this.#settled) return false;
    try {
      const peer = verify(proof);
      this.#expect(peer);
      this.#settle();
      this.#connection.establish(peer, parameters);
      this.#outcome.resolve(this.#connection);
      return true;
    } catch (cause) {
      this.fail(toMeshError(cause));
      return false;
    }
  }

  /** Ends the dial with `error`, and tells the other side why. */
  fail(error: MeshError): void {
    if (this.#settled) return;
    this.#settle();
    this.#outcome.reject(error);
    this.#connection.close(ERROR_CODES[error.code].wire, error.message);
  }

  readonly #abort = (): void => {
    this.fail(new MeshError("cancelled", `the dial to ${this.#address} was cancelled`));
  };

  #expect(peer: NodeId): void {
    const { expect } = this.#options;
    if (expect === undefined || sameId(expect, peer)) return;
    const text = `${this.#address} is the node ${idText(peer)}, not ${idText(expect)}`;
    throw new MeshError("id_mismatch", text);
  }

  #refused(info: CloseInfo): void {
    if (this.#settled) return;
    this.#settle();
    const text = `${this.#address} refused the connection: ${codeFromWire(info.code)} (${info.reason})`;
    this.#outcome.reject(new MeshError("refused", text));
  }

  #settle(): void {
    this.#settled = true;
    this.#timer.cancel();
    this.#options.signal?.removeEventListener("abort", this.#abort);
  }
}
