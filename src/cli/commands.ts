import type { Command, Flag } from "./command.ts";
import { CONFIG_FLAG } from "./node-flags.ts";

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
  top: async () => (await import("./commands/top.ts")).top,
  id: async () => (await import("./commands/id.ts")).id,
  key: async () => (await import("./commands/key.ts")).key,
  realm: async () => (await import("./commands/realm.ts")).realm,
  token: async () => (await import("./commands/token.ts")).token,
  config: async () => (await import("./commands/config.ts")).config,
  completion: async () => (await import("./commands/completion.ts")).completion,
  sim: async () => (await import("./commands/sim.ts")).sim,
};

/** The names of all commands, in the order the help shows them. */
export const COMMANDS: readonly string[] = Object.keys(LOADERS);

export async function loadCommand(name: string): Promise<Command | undefined> {
  const loader = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  return loader && withConfig(await loader());
}

export async function loadCommands(): Promise<Command[]> {
  return await Promise.all(Object.values(LOADERS).map(async (load) => withConfig(await load())));
}

/** What a configuration file may say: the flags of all commands that have a variable, by their names. */
export async function loadSettings(): Promise<Map<string, Flag>> {
  const flags = (await loadCommands()).flatMap((command) => command.flags);
  const settings = flags.filter(({ environment }) => environment !== undefined);
  return new Map(settings.map((flag) => [flag.name, flag]));
}

/** A command with settings can be told where they are. */
function withConfig(command: Command): Command {
  const hasSettings = command.flags.some(({ environment }) => environment !== undefined);
  return hasSettings ? { ...command, flags: [...command.flags, CONFIG_FLAG] } : command;
}
