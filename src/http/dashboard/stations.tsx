import type { PictureCall } from "../picture.ts";
import { short, span } from "./format.ts";

/** How a station chose where the call went next, for people. */
const RULES = {
  greedy: "sent it nearer",
  cached: "knew the way",
  direct: "has a link to the provider",
  discovered: "searched for the way",
  deliver: "executed it",
  deflected: "went around",
} as const;

export interface StationsProps {
  readonly self: string;
  readonly call: PictureCall;
}

/** The stations of a call from above to below; a bar is as long as the time until its word was back here. */
export function Stations({ self, call }: StationsProps) {
  const { hops, elapsed, error } = call;
  if (hops.length === 0) {
    const why =
      error === undefined ? "One call a second has its stations report; this one did not." : "";
    return <p class="empty">{why}</p>;
  }
  const longest = Math.max(elapsed, ...hops.map(({ roundTrip }) => roundTrip));
  return (
    <ol class="stations">
      <li class="first">
        <i class="dot" />
        <span class="name">{short(self)}</span>
        <span class="rule">this node sent it</span>
      </li>
      {hops.map(({ node, rule, roundTrip }, at) => (
        <li key={`${at} ${node}`} class={rule === "deliver" ? "last" : ""}>
          <i class="dot" />
          <span class="name">{short(node)}</span>
          <span class="rule">{RULES[rule]}</span>
          <Bar share={roundTrip / longest} />
          <span class="time">{span(roundTrip)}</span>
        </li>
      ))}
      <li class={error === undefined ? "result" : "result failed"}>
        <i class="dot" />
        <span class="name">{error === undefined ? "result" : "failed"}</span>
        <span class="rule">{error === undefined ? "is back" : error.code}</span>
        <Bar share={elapsed / longest} />
        <span class="time">{span(elapsed)}</span>
      </li>
    </ol>
  );
}

function Bar({ share }: { readonly share: number }) {
  return (
    <svg class="bar" aria-hidden="true" viewBox="0 0 100 6" preserveAspectRatio="none">
      <rect class="track" width="100" height="6" />
      <rect class="fill" width={Math.max(1, share * 100)} height="6" />
    </svg>
  );
}
