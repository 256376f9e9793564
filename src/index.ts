export {
  ERROR_CODES,
  type ErrorCode,
  MeshError,
  type RemoteFailure,
  type SchemaIssue,
} from "./base/errors.ts";
export type { HistogramStatus } from "./base/histogram.ts";
export type { Log, LogFields, LogLevel } from "./base/ports.ts";
export type {
  Attempt,
  CallReport,
  FoundProvider,
  Hop,
  LookupReport,
  MeshNode,
  NodeEvents,
  NodeOptions,
  Registration,
  Transports,
  WaitOptions,
} from "./node/api.ts";
export { createNode } from "./node/create-node.ts";
export { type JoinTarget, readJoinString } from "./node/join-string.ts";
export type { Mode } from "./node/modes.ts";
export type {
  BootstrapStatus,
  ContactStatus,
  DestinationStatus,
  DriverStatus,
  LinkStatus,
  MembershipStatus,
  NodeStatus,
  OverlayStatus,
  RecordsStatus,
  RegistrationStatus,
  RoutingStatus,
  TransportStatus,
} from "./node/node-status.ts";
export type { ForwardingLimits } from "./routing/forwarding-quota.ts";
export type { Gain, RoutingStrategy, Strategy, StrategyState } from "./routing/strategy.ts";
export type { CallOptions } from "./rpc/call-options.ts";
export type { CallOutcome, CallsStatus, CallWay } from "./rpc/call-tally.ts";
export type { CallContext, Handler } from "./rpc/handler.ts";
export { HandlerError } from "./rpc/handler-error.ts";
export { type Procedure, type ProcedureHandler, procedure } from "./rpc/procedure.ts";
export type { AnySchema, InputOf, OutputOf, StandardSchema } from "./rpc/standard-schema.ts";
export type { Mapping } from "./wire/punch.ts";
export type { Rule } from "./wire/route-control.ts";
export type { Value } from "./wire/value.ts";
