import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import type { Storage } from "../base/ports.ts";

/** A disk in memory, of one node, which outlives the node. It can be full, and it can hold damaged files. */
export class VirtualDisk {
  readonly files: Map<string, Bytes> = new Map();
  /** Takes nothing more. */
  isFull = false;
  #life = 0;

  /** The disk as the node's next life has it. What an earlier life still does reaches it no more. */
  mount(): Storage {
    this.cutOff();
    const life = this.#life;
    const ifAlive = <T>(work: () => T | Promise<T>): Promise<T> =>
      life === this.#life ? Promise.resolve().then(work) : new Promise<T>(() => {});
    return {
      load: (name) => ifAlive(() => this.files.get(name)?.slice()),
      save: (name, bytes) => ifAlive(() => this.#save(name, bytes)),
      setAside: (name) => ifAlive(() => this.#setAside(name)),
    };
  }

  /** The life that has the disk ends here: none of its calls does anything, or is answered, from now on. */
  cutOff(): void {
    this.#life += 1;
  }

  #save(name: string, bytes: Bytes): void {
    if (this.isFull) throw new MeshError("storage_failed", `${name}: no space left on device`);
    this.files.set(name, bytes.slice());
  }

  #setAside(name: string): string {
    const kept = `${name}.corrupt-1`;
    const bytes = this.files.get(name);
    this.files.delete(name);
    if (bytes !== undefined) this.files.set(kept, bytes);
    return kept;
  }
}
