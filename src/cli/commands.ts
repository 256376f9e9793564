import type { Command } from "./command.ts";

/** Where each command is; loaded when it is asked for, so that `macula call` stays quick to start. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import("./commands/demo.ts")).demo,
  up: async () => (await import("./commands/up.ts")).up,
  join: async () => (await import("./commands/join.ts")).join,
  start: async () => (await import("./commands/start.ts")).start,
  serve: async () => (await import("./commands/serve.ts")).serve,
  call: async () => (await import("./commands/call.ts")).call,
  trace: async () => (await import("./commands/trace.ts")).trace,
  lookup: async () => (await import("./commands/lookup.ts")).lookup,
  status: async () => (await import("./commands/status.ts")).status,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  peers: async () => (await import("./commands/peers.ts")).peers,
  id: async () => (await import("./commands/id.ts")).id,
  realm: async () => (await import("./commands/realm.ts")).realm,
  token: async () => (await import("./commands/token.ts")).token,
  sim: async () => (await import("./commands/sim.ts")).sim,
};

/** The names of all commands, in the order the help shows them. */
export const COMMANDS: readonly string[] = Object.keys(LOADERS);

export async function loadCommand(name: string): Promise<Command | undefined> {
  return Object.hasOwn(LOADERS, name) ? await LOADERS[name]?.() : undefined;
}

export async function loadCommands(): Promise<Command[]> {
  return await Promise.all(Object.values(LOADERS).map((load) => load()));
}
