export { ERROR_CODES, type ErrorCode, MeshError, type RemoteFailure } from "./base/errors.ts";
export type { Log, LogFields, LogLevel } from "./base/ports.ts";
export type {
  Attempt,
  BootstrapStatus,
  CallReport,
  ContactStatus,
  FoundProvider,
  Hop,
  LinkStatus,
  LookupReport,
  MeshNode,
  Mode,
  NodeEvents,
  NodeOptions,
  NodeStatus,
  OverlayStatus,
  RecordsStatus,
  Registration,
  RegistrationStatus,
  WaitOptions,
} from "./node/api.ts";
export { createNode } from "./node/create-node.ts";
export type { ForwardingLimits } from "./routing/forwarding-quota.ts";
export type { CallOptions } from "./rpc/call-options.ts";
export type { CallContext, Handler } from "./rpc/handler.ts";
export { HandlerError } from "./rpc/handler-error.ts";
export type { Rule } from "./wire/route-control.ts";
export type { Value } from "./wire/value.ts";
