import { MemoryStage } from "./memory-stage.ts";
import { PACKETS } from "./stage.ts";
import { transportContract } from "./transport-contract.ts";

const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed);

transportContract(
  {
    kind: "paired",
    abilities: PACKETS,
    open: async (options) => new MemoryStage({ delay: [1, 4] }, options?.ipv6 === true, true),
  },
  seeds(10),
);
