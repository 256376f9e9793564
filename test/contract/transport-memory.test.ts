import { fuzzContract } from "./fuzz.ts";
import { MemoryStage } from "./memory-stage.ts";
import { PACKETS, type StageKind, useStage } from "./stage.ts";
import { streamContract } from "./streams.ts";
import { transportContract } from "./transport-contract.ts";

const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed);

transportContract(
  {
    kind: "memory",
    abilities: PACKETS,
    open: async (options) => new MemoryStage({ delay: [1, 4] }, options?.ipv6 === true),
  },
  seeds(30),
);

const LOSSY: StageKind = {
  kind: "memory, over a bad network,",
  abilities: PACKETS,
  open: async () => new MemoryStage({ delay: [1, 40], loss: 0.1 }, false),
};

streamContract(LOSSY, useStage(LOSSY));
fuzzContract(LOSSY, useStage(LOSSY), seeds(30));
