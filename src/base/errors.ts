/** What is known about a failure code: its number on the wire and whether trying again can help. */
export interface ErrorKind {
  /** Number that stands for the code in frames and QUIC close codes. Never reused. */
  readonly wire: number;
  /** True where the same request may succeed later or over another path. */
  readonly retry: boolean;
}

/** The stable name of a failure. Branch on it; never on a message. */
export type ErrorCode =
  | "bad_frame"
  | "unsupported_version"
  | "unknown_type"
  | "too_large"
  | "encode_failed"
  | "bad_certificate"
  | "id_mismatch"
  | "realm_mismatch"
  | "duplicate_link"
  | "duplicate_identity"
  | "dial_failed"
  | "link_lost"
  | "refused"
  | "unneeded"
  | "no_route"
  | "max_hops_exceeded"
  | "stale_route"
  | "no_direct_link"
  | "no_provider"
  | "provider_gone"
  | "timeout"
  | "cancelled"
  | "overloaded"
  | "handler_error"
  | "handler_crash"
  | "bad_arguments"
  | "bad_result"
  | "bad_record"
  | "store_failed"
  | "bad_token"
  | "token_missing"
  | "token_wrong_realm"
  | "token_wrong_node"
  | "token_not_yet"
  | "token_expired"
  | "token_role"
  | "closed"
  | "bad_config"
  | "bad_key_file"
  | "address_in_use"
  | "storage_failed"
  | "bad_state"
  | "internal";

/** Every code there is. A code is never renamed and its number never reused. */
export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorKind>> = {
  // Frames and messages.
  bad_frame: { wire: 0x01, retry: false },
  unsupported_version: { wire: 0x02, retry: false },
  unknown_type: { wire: 0x03, retry: false },
  too_large: { wire: 0x04, retry: false },
  encode_failed: { wire: 0x05, retry: false },
  // Links.
  bad_certificate: { wire: 0x10, retry: false },
  id_mismatch: { wire: 0x11, retry: false },
  realm_mismatch: { wire: 0x12, retry: false },
  duplicate_link: { wire: 0x13, retry: true },
  duplicate_identity: { wire: 0x14, retry: false },
  dial_failed: { wire: 0x15, retry: true },
  link_lost: { wire: 0x16, retry: true },
  refused: { wire: 0x17, retry: true },
  unneeded: { wire: 0x18, retry: true },
  // Routing.
  no_route: { wire: 0x20, retry: true },
  max_hops_exceeded: { wire: 0x21, retry: false },
  stale_route: { wire: 0x22, retry: true },
  no_direct_link: { wire: 0x23, retry: true },
  // Calls.
  no_provider: { wire: 0x30, retry: true },
  provider_gone: { wire: 0x31, retry: true },
  timeout: { wire: 0x32, retry: true },
  cancelled: { wire: 0x33, retry: false },
  overloaded: { wire: 0x34, retry: true },
  handler_error: { wire: 0x35, retry: false },
  handler_crash: { wire: 0x36, retry: false },
  bad_arguments: { wire: 0x37, retry: false },
  bad_result: { wire: 0x38, retry: false },
  // Records.
  bad_record: { wire: 0x40, retry: false },
  store_failed: { wire: 0x41, retry: true },
  // Membership of closed realms.
  bad_token: { wire: 0x48, retry: false },
  token_missing: { wire: 0x49, retry: false },
  token_wrong_realm: { wire: 0x4a, retry: false },
  token_wrong_node: { wire: 0x4b, retry: false },
  token_not_yet: { wire: 0x4c, retry: false },
  token_expired: { wire: 0x4d, retry: false },
  token_role: { wire: 0x4e, retry: false },
  // The process itself.
  closed: { wire: 0x50, retry: false },
  bad_config: { wire: 0x51, retry: false },
  bad_key_file: { wire: 0x52, retry: false },
  address_in_use: { wire: 0x53, retry: true },
  storage_failed: { wire: 0x54, retry: true },
  bad_state: { wire: 0x55, retry: false },
  internal: { wire: 0x5f, retry: false },
};

const BY_WIRE: ReadonlyMap<number, ErrorCode> = new Map(
  Object.entries(ERROR_CODES).map(([code, kind]) => [kind.wire, code as ErrorCode]),
);

/** The code behind a number read from the wire; `internal` for one this version does not know. */
export function codeFromWire(wire: number): ErrorCode {
  return BY_WIRE.get(wire) ?? "internal";
}

/** What a provider's handler reported: its own code and text, as it chose them. */
export interface RemoteFailure {
  readonly code: string;
  readonly message: string;
}

/** One place where a value does not fit its schema. */
export interface SchemaIssue {
  /** `sensors[2].unit`, or `(root)`. */
  readonly path: string;
  /** As the schema library says it; it may hold values. */
  readonly message: string;
}

export interface MeshErrorOptions extends ErrorOptions {
  /** Set on `handler_error`: the failure as the handler stated it. */
  readonly remote?: RemoteFailure;
  /** Set on `bad_arguments` and `bad_result` that this node has found itself: the first eight issues. */
  readonly issues?: readonly SchemaIssue[];
}

/** Every failure this package reports. Branch on `code`, never on `message`. */
export class MeshError extends Error {
  override readonly name = "MeshError";
  readonly code: ErrorCode;
  /** Set on `handler_error`: the failure as the handler stated it. */
  readonly remote: RemoteFailure | undefined;
  /** Set on `bad_arguments` and `bad_result` that this node has found itself; the message names the places in any case. */
  readonly issues: readonly SchemaIssue[] | undefined;

  constructor(code: ErrorCode, message: string, options?: MeshErrorOptions) {
    super(message, options);
    this.code = code;
    this.remote = options?.remote;
    this.issues = options?.issues;
  }

  /** True where the same request may succeed later or over another path. */
  get retry(): boolean {
    return ERROR_CODES[this.code].retry;
  }
}

/** The failure as a `MeshError`; anything unforeseen becomes `fallback` and keeps its cause. */
export function toMeshError(cause: unknown, fallback: ErrorCode = "internal"): MeshError {
  if (cause instanceof MeshError) return cause;
  return new MeshError(fallback, cause instanceof Error ? cause.message : String(cause), { cause });
}
