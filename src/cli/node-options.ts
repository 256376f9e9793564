import type { NodeOptions } from "../index.ts";
import type { Arguments } from "./command.ts";
import { meshOf } from "./mesh-of.ts";
import { forwardingOf, listenOf } from "./node-flags.ts";
import { type LogFormat, stderrLog } from "./stderr-log.ts";

/** The options of the node that the flags describe. */
export function nodeOptions(given: Arguments): NodeOptions {
  const { realm, bootstrap } = meshOf(given);
  const identity = given.text("identity");
  const token = given.text("token");
  const routingStrategy = given.text("routing-strategy") as "hybrid" | undefined;
  const state = given.text("state");
  return {
    realm,
    mode: (given.text("mode") ?? "edge") as "edge",
    listen: given.text("mode") === undefined ? false : listenOf(given),
    bootstrap,
    links: given.text("links") as "auto" | "static",
    transports: given.text("transports") as "auto",
    ...(identity === undefined ? {} : { identity }),
    ...(token === undefined ? {} : { token }),
    ...(state === undefined ? {} : { state }),
    ...(routingStrategy === undefined ? {} : { routingStrategy }),
    forwarding: forwardingOf(given),
    log: stderrLog(given.text("log") as "warn", given.text("log-format") as LogFormat),
  };
}
