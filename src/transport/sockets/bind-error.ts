import type { Address } from "../../base/address.ts";
import { MeshError } from "../../base/errors.ts";

/** Why an address can't be listened on: `address_in_use` or `bad_config`. */
export function bindError(address: Address, error: NodeJS.ErrnoException): MeshError {
  if (error.code === "EADDRINUSE") {
    return new MeshError("address_in_use", `${address} is in use by another process`, {
      cause: error,
    });
  }
  return new MeshError("bad_config", `cannot listen on ${address}: ${error.message}`, {
    cause: error,
  });
}
