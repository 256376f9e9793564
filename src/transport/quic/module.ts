import { randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { MeshError } from "../../base/errors.ts";

/** The part of the WebAssembly interface that is used: the language library of the project has none. */
interface Memory {
  readonly buffer: ArrayBuffer;
}

type Compiled = { readonly __module: never };

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => Compiled;
  readonly Instance: new (
    module: Compiled,
    imports: Readonly<Record<string, Readonly<Record<string, (a: number, b: number) => void>>>>,
  ) => { readonly exports: unknown };
};

/** The functions of quic-core/src/abi.rs, where each is explained. */
export interface CoreExports {
  readonly memory: Memory;
  allocate(length: number): number;
  start(place: number, certificate: number, key: number, now: number, unix: number): number;
  buffer(which: number): number;
  buffer_bytes(which: number): number;
  accept_arrivals(on: number): void;
  receive(length: number, now: number): void;
  poll(): number;
  flush(now: number): number;
  wants_poll(): number;
  wants_flush(): number;
  deadline(): number;
  expire(now: number): void;
  connect(port: number, now: number): number;
  attach(handle: number): void;
  open(handle: number): number;
  write(handle: number, stream: number, length: number): number;
  finish(handle: number, stream: number): void;
  reset(handle: number, stream: number, code: number): void;
  stop(handle: number, stream: number, code: number): void;
  pause(handle: number, stream: number, on: number): void;
  prioritize(handle: number, stream: number, priority: number): void;
  close(handle: number, code: number, reason: number, now: number): void;
  connections(): number;
  handshakes(): number;
  dropped(): number;
  fail(): void;
}

const ARTIFACT = new URL("./quic-core.wasm", import.meta.url);
const RANDOM_POOL = 4_096;

let compiled: Compiled | undefined;

function compile(): Compiled {
  try {
    compiled ??= new WebAssembly.Module(readFileSync(ARTIFACT));
    return compiled;
  } catch (cause) {
    throw new MeshError("internal", "the QUIC core could not be loaded", { cause });
  }
}

/**
 * A fresh instance of the core. The code is compiled once per process. `log` gets the text of failed
 * starts and panics.
 */
export function instantiate(log: (text: string) => void): CoreExports {
  let exports: CoreExports | undefined;
  const bytes = (at: number, length: number): Uint8Array =>
    new Uint8Array((exports as CoreExports).memory.buffer, at, length);
  const instance = new WebAssembly.Instance(compile(), {
    host: {
      random: (at: number, length: number) => fillRandom(bytes(at, length)),
      log: (at: number, length: number) => log(new TextDecoder().decode(bytes(at, length))),
    },
  });
  exports = instance.exports as CoreExports;
  return exports;
}

const pool = new Uint8Array(RANDOM_POOL);
let used = RANDOM_POOL;

/** One system call for many small requests. What was handed out is wiped from the pool. */
function fillRandom(target: Uint8Array): void {
  if (target.length > RANDOM_POOL / 4) {
    randomFillSync(target);
    return;
  }
  if (used + target.length > RANDOM_POOL) {
    randomFillSync(pool);
    used = 0;
  }
  target.set(pool.subarray(used, used + target.length));
  pool.fill(0, used, used + target.length);
  used += target.length;
}
