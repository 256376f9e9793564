import { type ErrorCode, MeshError } from "../base/errors.ts";
import { NoNodeError } from "./control/no-node-error.ts";
import { EXIT } from "./exit-code.ts";
import { StartError } from "./start-error.ts";
import { UsageError } from "./usage-error.ts";

/** What a failure comes to at the end of the process. */
export interface Failure {
  /** The code of a `MeshError`, `usage`, `no_node`, or `internal`. */
  readonly code: string;
  /** One line: what went wrong and what to do about it. */
  readonly message: string;
  readonly exitCode: number;
}

/** What the user can do, where the message itself does not say. */
const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  address_in_use:
    "stop the process that listens there, or choose another place with --listen, --control, --health or --admin",
  bad_record: "see that the clocks of both machines are right",
  bad_certificate: "the other side is not a mesh node, or something sits in between",
  dial_failed: "check that a node listens at that address and that UDP reaches it",
  duplicate_identity: "give each node an identity of its own with --identity",
  id_mismatch: "another node answers at that address; check the id in front of the @",
  max_hops_exceeded: "allow more hops with --max-hops",
  no_provider: "check the name and the realm, and that its provider is running",
  no_route: "check --bootstrap, and that the nodes in between are running",
  overloaded: "try again in a moment",
  realm_mismatch: "start both nodes with the same --realm",
  refused: "the other node wants no more links; try again later or use another one",
  timeout: "allow more time with --timeout, or check that the provider is not stuck",
  unsupported_version: "bring both nodes to the same major version",
};

/** What can be done about a failure with that code; `undefined` where its message says all there is. */
export function adviceFor(code: string): string | undefined {
  return Object.hasOwn(ADVICE, code) ? ADVICE[code as ErrorCode] : undefined;
}

/** The same for a node that is still looking for its place: there is no provider to blame yet. */
const START_ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  ...ADVICE,
  timeout: "check --bootstrap and --realm, and that a node runs there",
};

const EXIT_BY_CODE: Readonly<Partial<Record<ErrorCode, number>>> = {
  bad_config: EXIT.usage,
  address_in_use: EXIT.start,
  bad_key_file: EXIT.start,
  bad_token: EXIT.start,
  token_missing: EXIT.start,
  token_wrong_realm: EXIT.start,
  token_wrong_node: EXIT.start,
  token_not_yet: EXIT.start,
  token_expired: EXIT.start,
  token_role: EXIT.start,
  cancelled: EXIT.interrupted,
};

const LINE_MAX = 600;

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, LINE_MAX);
}

/** Sums up anything that was thrown. Never shows a stack. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof StartError) {
    const failure = sumUp(thrown.cause, START_ADVICE);
    return failure.exitCode === EXIT.failed ? { ...failure, exitCode: EXIT.start } : failure;
  }
  return sumUp(thrown, ADVICE);
}

function sumUp(thrown: unknown, advices: typeof ADVICE): Failure {
  if (thrown instanceof UsageError) {
    return { code: "usage", message: oneLine(thrown.message), exitCode: EXIT.usage };
  }
  if (thrown instanceof NoNodeError) {
    return { code: "no_node", message: oneLine(thrown.message), exitCode: EXIT.failed };
  }
  if (thrown instanceof MeshError) {
    const advice = advices[thrown.code];
    const said = oneLine(thrown.message);
    return {
      code: thrown.code,
      message: advice === undefined ? said : `${said}; ${advice}`,
      exitCode: EXIT_BY_CODE[thrown.code] ?? EXIT.failed,
    };
  }
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "internal", message: oneLine(said), exitCode: EXIT.failed };
}
