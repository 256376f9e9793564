import type { Picture } from "../picture.ts";
import { age } from "./format.ts";
import { Mark } from "./mark.tsx";

const MODES = {
  bootstrap: "bootstrap node",
  gateway: "gateway",
  edge: "edge",
  hybrid: "hybrid",
} as const;

export interface MastProps {
  readonly picture: Picture;
  readonly problem: string | undefined;
  leave(): void;
}

/** Which node this is, how it is, and whether what is seen is true now. */
export function Mast({ picture: { node, health }, problem, leave }: MastProps) {
  const isWell = health.status === "healthy";
  return (
    <header class="mast">
      <Mark />
      <div class="who">
        <h1>Macula</h1>
        <p class="id" title={node.id}>
          {node.id}
        </p>
      </div>
      <ul class="chips" aria-label="This node">
        <li>{node.realm}</li>
        <li>{MODES[node.mode]}</li>
        <li>up {age(health.uptimeSeconds)}</li>
      </ul>
      <div class="state">
        <p role="status" class={isWell ? "pill good" : "pill bad"}>
          {isWell ? "healthy" : "degraded"}
          {health.ready ? "" : ", not ready"}
        </p>
        <p role="status" class={problem === undefined ? "pill live" : "pill lost"} title={problem}>
          {problem === undefined ? "live" : "no answer, still asking"}
        </p>
        <button type="button" class="plain" onClick={leave}>
          Leave
        </button>
      </div>
    </header>
  );
}
