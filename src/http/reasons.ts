import type { NodeStatus } from "../index.ts";

/** Something that is not as it should be: a stable name, what it is, and what helps. */
export interface Reason {
  readonly code: string;
  readonly text: string;
  readonly whatToDo: string;
}

/** By the code that stands before the colon in `status().health.reasons`, and by those made below. */
export const WHAT_TO_DO: Readonly<Record<string, string>> = {
  dialable:
    "Open the UDP port in the firewall, or forward it on the router, or run this node as an edge. It tries again by itself.",
  storage:
    "Make room on the disk, or correct the rights of the state directory. It recovers by itself.",
  cut_off:
    "Check the network of this machine and the bootstrap addresses. It goes on trying and comes back by itself.",
  tls: "Stop the process that has the TCP port, or choose another port: nodes behind blocked UDP can't dial this one.",
  identity: "Give each process a key file of its own.",
  token:
    "Have another token issued (macula token issue) and put it in the place of the old one; no restart is needed.",
  not_ready:
    "Wait: joining takes seconds. Where it lasts, check --bootstrap, --realm and that UDP gets out.",
  unreachable:
    "Link it to a gateway: name one with --bootstrap, or let it listen where others can dial it.",
};

/** Where a code is newer than this table. */
const LOOK_IT_UP = "See docs/operations.md, or ask macula doctor.";

/** Everything that keeps a node from doing its work, by its own account and by how it stands in the mesh. */
export function reasonsOf(status: NodeStatus): Reason[] {
  const own = status.health.reasons.map((reason) => {
    const at = reason.indexOf(": ");
    return reasonFor(reason.slice(0, at), reason.slice(at + 2));
  });
  if (!status.ready) return [...own, reasonFor("not_ready", notReady(status))];
  const isTold = own.some(({ code }) => code === "cut_off");
  if (isReachable(status) || isTold) return own;
  const text =
    "the node is linked to no gateway and proved to be dialled by nobody, so calls do not get to it";
  return [...own, reasonFor("unreachable", text)];
}

/**
 * Whether the others of the mesh can get to it: because it is known that it can be dialled, or through a gateway that it is
 * linked to. With static links nobody proves the first; that it listens has to do.
 */
export function isReachable({
  addresses,
  anchors,
  dialable,
  overlay,
  links,
  bootstrap,
}: NodeStatus): boolean {
  if (anchors.length > 0) return true;
  const isAlone = links.length === 0 && bootstrap.length > 0;
  const isDialled = dialable === "proved" || (overlay === undefined && addresses.length > 0);
  return isDialled && !isAlone;
}

function reasonFor(code: string, text: string): Reason {
  return { code, text, whatToDo: WHAT_TO_DO[code] ?? LOOK_IT_UP };
}

function notReady({ bootstrap }: NodeStatus): string {
  if (bootstrap.some(({ connected }) => connected)) {
    return "a bootstrap node is linked, but the place in the mesh is not found yet";
  }
  const causes = bootstrap.map(
    ({ target, lastError }) => `${target}: ${lastError ?? "no answer yet"}`,
  );
  return `no bootstrap node is linked; ${causes.join("; ")}`;
}
