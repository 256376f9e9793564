import { withProcesses } from "./processes.mjs";

/**
 * Starts provider, forwarders and caller, each dialling the one before it, and runs `action` with them:
 * `{ processes, caller, forwarders }`. `kind` is `mesh` or `driver`, `driver` what carries it (what nodes choose by
 * themselves where a mesh names none), `address` where mesh nodes listen, `profile` the name of the profiles.
 */
export async function withChain(chain, action) {
  const { kind, driver, address, forwarders = 0, end = "provider", profile } = chain;
  return await withProcesses(profile, async (processes) => {
    // Somebody has to hold the provider's record: where nobody stands between, that is the provider.
    const serves = forwarders === 0;
    const provider = await processes.start("provider", {
      kind,
      driver,
      address,
      part: end,
      serves,
      dials: [],
    });
    const between = [];
    let last = provider;
    for (let left = forwarders; left > 0; left--) {
      const dials = last.ready.addresses;
      last = await processes.start(`forwarder${left}`, { kind, driver, part: "forwarder", dials });
      between.push(last);
    }
    const dials = last.ready.addresses;
    const caller = await processes.start("caller", { kind, driver, part: "caller", dials });
    await provider.ask("provide");
    return await action({ processes, caller, forwarders: between });
  });
}

/**
 * Starts a gateway and, linked to it alone, a provider and a caller that listen nowhere, and runs `action` with `{ processes,
 * caller, forwarders }` once calls go over a link that the two have opened to each other: nobody stands between then.
 */
export async function withShortcut({ kind, profile }, action) {
  return await withProcesses(profile, async (processes) => {
    const place = { kind, links: "auto" };
    const gateway = await processes.start("gateway", { ...place, part: "forwarder", dials: [] });
    const edge = { ...place, address: false, dials: gateway.ready.addresses };
    const provider = await processes.start("provider", { ...edge, part: "provider" });
    const caller = await processes.start("caller", { ...edge, part: "caller" });
    await provider.ask("provide");
    await caller.ask("goDirect");
    return await action({ processes, caller, forwarders: [] });
  });
}
