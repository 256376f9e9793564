import {
  type DhtAnswer,
  type DhtRequest,
  readDhtAnswer,
  readDhtRequest,
  writeDhtAnswer,
  writeDhtRequest,
} from "../../src/wire/dht.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { counted, type Sample, SOURCE, TARGET } from "./sample.ts";

function ofRequest(name: string, meaning: string, type: number, request: DhtRequest): Sample {
  return {
    name,
    meaning,
    type,
    message: { number: 258, request },
    write: (writer) => writeDhtRequest(writer, 258, request),
    read: (bytes, start, end) => readDhtRequest(type, bytes, start, end),
  };
}

function ofAnswer(name: string, meaning: string, type: number, answer: DhtAnswer): Sample {
  return {
    name,
    meaning,
    type,
    message: { number: 258, answer },
    write: (writer) => writeDhtAnswer(writer, 258, answer),
    read: (bytes, start, end) => readDhtAnswer(type, bytes, start, end),
  };
}

/** The questions and answers of the DHT. */
export const DHT_SAMPLES: readonly Sample[] = [
  ofRequest("find_node", "find_node for a target", TYPE.findNode, {
    kind: "find_node",
    target: TARGET,
  }),
  ofAnswer("find_node_reply", "find_node_reply with two contacts", TYPE.findNodeReply, {
    kind: "find_node_reply",
    contacts: [counted(3, 1), counted(4, 9)],
  }),
  ofRequest(
    "find_value",
    "find_value for a key, with contacts near another point",
    TYPE.findValue,
    {
      kind: "find_value",
      key: TARGET,
      near: SOURCE,
    },
  ),
  ofAnswer(
    "find_value_reply",
    "find_value_reply with one record and one contact",
    TYPE.findValueReply,
    {
      kind: "find_value_reply",
      records: [counted(5, 0x50)],
      contacts: [counted(3, 1)],
    },
  ),
  ofRequest("store", "store of a record of 6 bytes", TYPE.store, {
    kind: "store",
    record: counted(6, 0x50),
  }),
  ofAnswer("store_ack", "store_ack: stored", TYPE.storeAck, { kind: "store_ack", code: undefined }),
  ofAnswer("store_ack with a refusal", "store_ack: bad_record", TYPE.storeAck, {
    kind: "store_ack",
    code: "bad_record",
  }),
];
