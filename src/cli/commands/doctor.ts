import type { Arguments, Command } from "../command.ts";
import { diagnose } from "../doctor/diagnose.ts";
import type { Gathered } from "../doctor/gather.ts";
import { natKind } from "../doctor/nat.ts";
import { EXIT } from "../exit-code.ts";
import { watchInterrupt } from "../interrupt.ts";
import { DOCTOR_FLAGS } from "../node-flags.ts";
import { print, printJson } from "../output.ts";
import { showFindings } from "../show/show-doctor.ts";

/** What runs a node is loaded when it is needed. */
async function examine(given: Arguments, signal: AbortSignal): Promise<Gathered> {
  const { gather } = await import("../doctor/gather.ts");
  return await gather(given, signal);
}

async function run(given: Arguments): Promise<number> {
  using interrupt = watchInterrupt();
  const { from, facts } = await examine(given, interrupt.signal);
  const findings = diagnose(facts);
  const healthy = findings.every(({ level }) => level === "ok");
  if (given.isSet("json")) {
    const { status, udp } = facts;
    const network = {
      nat: natKind(facts),
      udp,
      dialable: status.dialable,
      anchors: status.anchors,
    };
    await printJson({ ok: true, healthy, from, node: status.id, ...network, findings });
  } else await print(showFindings(findings));
  return healthy ? EXIT.ok : EXIT.failed;
}

export const doctor: Command = {
  name: "doctor",
  operands: "",
  operandCount: [0, 0],
  summary: "say what a node's network is like, and what to do about it",
  details: `Looks at everything a node needs of its surroundings: key file, state directory, bootstrap addresses, UDP,
    anchors, NAT, whether others can dial it, the clock; and with --peer at the ways to one other node. One line each: ok,
    warn or fail, and below it what can be done. Asks the running node that --control or --state names; where none runs,
    or none is named, it joins the mesh through --bootstrap with a node of its own, which has a key of its own.

    Ends with exit code 0 where all is well, 1 where there is something to do.`,
  examples: [
    {
      line: "macula doctor --state /var/lib/macula",
      does: "Examines the node that was started with the same --state.",
    },
    {
      line: "macula doctor --bootstrap gateway.example.com:9443 --listen 0.0.0.0:9443",
      does: "Tells from this machine whether a node here would get in, and could be dialled.",
    },
    {
      line: "macula doctor --state /var/lib/macula --peer <node id> --json",
      does: "Prints { ok, healthy, from, node, nat, udp, dialable, anchors, findings }.",
    },
  ],
  flags: DOCTOR_FLAGS,
  run,
};
