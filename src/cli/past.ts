import { type Bytes, fromHex, toHex } from "../base/bytes.ts";
import type { MeshNode, NodeOptions } from "../index.ts";
import { freshKey } from "../node/key-file.ts";
import type { Arguments } from "./command.ts";
import { nodeOptions } from "./node-options.ts";
import { supervised } from "./supervise/supervised.ts";

/** A port of 0: any free one. */
const ANY_PORT = /:0$/;

/** What a node was before its supervisor started it again, and is to be once more. */
export class Past {
  readonly options: NodeOptions;
  /** Of a node without a key file; one that has a file finds its key there. */
  readonly seed: Bytes | undefined;

  private constructor(options: NodeOptions, seed: Bytes | undefined) {
    this.options = options;
    this.seed = seed;
  }

  static of(given: Arguments): Past {
    const options = nodeOptions(given);
    const { seed, listen } = supervised()?.carried ?? {};
    return new Past(
      listen === undefined ? options : { ...options, listen },
      options.identity === undefined ? seedFrom(seed) : undefined,
    );
  }

  /** Tells the supervisor, where there is one, that the node is ready, and what it is now. */
  keep({ addresses: [address] }: MeshNode): void {
    const { listen } = this.options;
    const port = address?.slice(address.lastIndexOf(":"));
    const isAny = typeof listen === "string" && ANY_PORT.test(listen) && port !== undefined;
    supervised()?.ready({
      ...(this.seed !== undefined && { seed: toHex(this.seed) }),
      ...(typeof listen === "string" && {
        listen: isAny ? listen.replace(ANY_PORT, port) : listen,
      }),
    });
  }
}

function seedFrom(text: string | undefined): Bytes {
  return (text === undefined ? undefined : fromHex(text)) ?? freshKey();
}
