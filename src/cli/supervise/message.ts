/** What a node is again after it was started anew, beside what its files keep. */
export interface Carried {
  /** The seed of its key where it has no key file: 64 hexadecimal digits. */
  readonly seed?: string;
  /** `ip:port` where it was to take any free port. */
  readonly listen?: string;
}

/** What the supervisor tells the process of the node. */
export type Order =
  /** The first one, and once. The node gives a sign of life every `beat` milliseconds. */
  | { readonly kind: "begin"; readonly beat: number; readonly carried: Carried }
  | { readonly kind: "end"; readonly signal: NodeJS.Signals };

/** What the process of the node tells its supervisor. */
export type Sign =
  | { readonly kind: "alive" }
  | { readonly kind: "ready"; readonly carried: Carried };
