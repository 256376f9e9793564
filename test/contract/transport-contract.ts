import { certificateContract } from "./certificates.ts";
import { connectionContract } from "./connections.ts";
import { diallingContract } from "./dialling.ts";
import { fuzzContract } from "./fuzz.ts";
import { pathContract } from "./paths.ts";
import { type StageKind, useStage } from "./stage.ts";
import { streamContract } from "./streams.ts";

/** Everything that src/transport/transport.ts promises, tested over one driver; `seeds` are for random use. */
export function transportContract(stageKind: StageKind, seeds: readonly number[]): void {
  const use = useStage(stageKind);
  streamContract(stageKind, use);
  connectionContract(stageKind, use);
  pathContract(stageKind, use);
  diallingContract(stageKind, use);
  certificateContract(stageKind, use);
  fuzzContract(stageKind, use, seeds);
}
