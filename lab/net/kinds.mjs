/** Of the home router behind which a carrier translates once more. */
const BEHIND_CARRIER = "port";

const EIM = "EIM";
const APDM = "APDM";
const APDF = "APDF";

/**
 * What a side of the lab may be: `home` and `carrier` say how the two routers translate (undefined where there is
 * none), the rest what an outsider has to find, in the words of RFC 4787: endpoint-independent (EI), address-dependent
 * (AD) or address- and port-dependent (APD), mapping (M) and filtering (F).
 */
export const KINDS = {
  none: { mapping: EIM, filtering: "EIF", portKept: true },
  full: { home: "full", mapping: EIM, filtering: "EIF", portKept: true },
  addr: { home: "addr", mapping: EIM, filtering: "ADF", portKept: true },
  port: { home: "port", mapping: EIM, filtering: APDF, portKept: true },
  sym: { home: "sym", mapping: APDM, filtering: APDF, portKept: false },
  "cgn-port": behind("port", { mapping: EIM, filtering: APDF, portKept: true }),
  "cgn-sym": behind("sym", { mapping: APDM, filtering: APDF, portKept: false }),
  // The stricter of the two routers is the one that is noticed.
  "cgn-full": behind("full", { mapping: EIM, filtering: APDF, portKept: true }),
};

export const KIND_NAMES = Object.keys(KINDS);

function behind(carrier, seen) {
  return { home: BEHIND_CARRIER, carrier, ...seen };
}
