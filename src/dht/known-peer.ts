import { type Address, parseHostPort, toAddress } from "../base/address.ts";
import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { ID_BYTES, type NodeId, toNodeId } from "../base/id.ts";
import { ADDRESSES_MAX } from "../peer/contact.ts";
import { FieldReader } from "../wire/reader.ts";
import { FrameWriter } from "../wire/writer.ts";

/** A node that was linked to this one in an earlier life, and where. */
export interface KnownPeer {
  readonly id: NodeId;
  readonly addresses: readonly Address[];
}

const ADDRESS_BYTES_MAX = 64;

export function writeKnownPeer(peer: KnownPeer): Bytes {
  const writer = new FrameWriter();
  writer.beginBare();
  writer.array(2);
  writer.bin(peer.id);
  writer.array(peer.addresses.length);
  for (const address of peer.addresses) writer.str(address);
  return writer.copy();
}

/** Throws `bad_frame`, or `bad_config` on an address that is none. */
export function readKnownPeer(bytes: Bytes): KnownPeer {
  const reader = new FieldReader(bytes, 0, bytes.length);
  reader.array(2);
  const id = toNodeId(reader.fixed(ID_BYTES).slice());
  const addresses = Array.from({ length: reader.array(0, ADDRESSES_MAX) }, () => {
    const { host, port } = parseHostPort(reader.str(ADDRESS_BYTES_MAX));
    if (port === 0) throw new MeshError("bad_config", "nobody has port 0");
    return toAddress(host, port);
  });
  reader.done();
  return { id, addresses };
}
