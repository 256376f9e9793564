import { TYPE } from "../../src/wire/frame.ts";
import {
  type PunchAnswer,
  type PunchOffer,
  readObservation,
  readObserve,
  readPunchAnswer,
  readPunchGo,
  readPunchOffer,
  writeObservation,
  writeObserve,
  writePunchAnswer,
  writePunchGo,
  writePunchOffer,
} from "../../src/wire/punch.ts";
import { counted, type Sample } from "./sample.ts";

const offer: PunchOffer = {
  id: counted(16, 0xe0),
  secret: counted(16, 0x30),
  mapping: "stable",
  locals: ["192.168.1.7:9443", "[fd00::7]:9443"],
  observations: [counted(40, 0x10), counted(40, 0x50)],
};
const willing: PunchAnswer = {
  ...offer,
  code: undefined,
  secret: counted(16, 0x70),
  mapping: "varying",
};
const unwilling: PunchAnswer = {
  ...offer,
  code: "refused",
  secret: counted(16, 0),
  mapping: "unknown",
  locals: [],
  observations: [],
};
const go = { id: offer.id, secret: willing.secret };
const reply = { number: 7, statement: counted(40, 0x10) };

function ofAnswer(name: string, meaning: string, answer: PunchAnswer): Sample {
  return {
    name,
    meaning,
    type: TYPE.punchAnswer,
    message: answer,
    write: (writer) => writePunchAnswer(writer, answer),
    read: readPunchAnswer,
  };
}

/** One of each message that opens a direct link. */
export const PUNCH_SAMPLES: readonly Sample[] = [
  {
    name: "observe",
    meaning: "observe: where do you see me?",
    type: TYPE.observe,
    message: 7,
    write: (writer) => writeObserve(writer, 7),
    read: readObserve,
  },
  {
    name: "observation",
    meaning: "observation: a statement of 40 bytes",
    type: TYPE.observation,
    message: reply,
    write: (writer) => writeObservation(writer, reply),
    read: readObservation,
  },
  {
    name: "punch_offer",
    meaning: "punch_offer of a node with a stable mapping, two own addresses, two observations",
    type: TYPE.punchOffer,
    message: offer,
    write: (writer) => writePunchOffer(writer, offer),
    read: readPunchOffer,
  },
  ofAnswer("punch_answer", "punch_answer of a willing node with a varying mapping", willing),
  ofAnswer("punch_answer with a refusal", "punch_answer: refused", unwilling),
  {
    name: "punch_go",
    meaning: "punch_go with the secret of the willing answer above",
    type: TYPE.punchGo,
    message: go,
    write: (writer) => writePunchGo(writer, go),
    read: readPunchGo,
  },
];
