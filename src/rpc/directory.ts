import type { NodeId } from "../base/id.ts";
import type { Asked, Provider } from "../dht/registry.ts";

/** Where providers come from: a `Registry`. */
export interface Directory {
  /** Those that are known to provide a procedure; `undefined` where it has to be asked for. */
  known(procedure: string): readonly Provider[] | undefined;
  /** Asks the mesh. */
  find(procedure: string): Promise<Asked>;
  /** The provider was not reached. */
  drop(procedure: string, provider: NodeId): void;
}
