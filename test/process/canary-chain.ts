import { type RunningNode, startNode } from "./command.ts";

export const REALM = "org.example.canary";

/** Gateways in a row, each in a process of its own. */
export interface GatewayRow extends AsyncDisposable {
  readonly addresses: readonly string[];
  readonly pids: readonly number[];
}

export async function startChain(count: number): Promise<GatewayRow> {
  const nodes: RunningNode[] = [];
  for (let number = 0; number < count; number++) {
    const before = nodes.at(-1);
    const links = before ? ["--bootstrap", before.address] : [];
    const flags = ["--realm", REALM, "--links", "static", "--mode", "gateway", ...links];
    nodes.push(await startNode("start", ...flags, "--listen", "127.0.0.1:0", "--timeout", "15000"));
  }
  return {
    addresses: nodes.map((node) => node.address),
    pids: nodes.map((node) => node.running.pid),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map(({ running }) => running[Symbol.asyncDispose]()));
    },
  };
}
