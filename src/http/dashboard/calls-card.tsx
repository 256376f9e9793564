import type { Picture, PictureCall } from "../picture.ts";
import { age, short, span } from "./format.ts";
import { Stations } from "./stations.tsx";

export interface CallsCardProps {
  readonly picture: Picture;
  readonly call: PictureCall | undefined;
  readonly pinned: PictureCall | undefined;
  pin(call: PictureCall | undefined): void;
}

/** One call, hop by hop, and the others of late to choose from. */
export function CallsCard({ picture, call, pinned, pin }: CallsCardProps) {
  return (
    <section class="card calls" aria-labelledby="calls-title">
      <header>
        <h2 id="calls-title">A call, hop by hop</h2>
        {pinned === undefined ? (
          <p class="quiet">follows the latest across the mesh</p>
        ) : (
          <button type="button" class="plain" onClick={() => pin(undefined)}>
            Follow the latest
          </button>
        )}
      </header>
      {call === undefined ? (
        <p class="empty">
          This node has called nobody yet. Calls that it makes from now on are drawn here.
        </p>
      ) : (
        <>
          <Head call={call} />
          <Stations self={picture.node.id} call={call} />
        </>
      )}
      {picture.recent.length === 0 ? null : <h3>Recent calls</h3>}
      <ul class="recent">
        {picture.recent.map((it) => (
          <li key={it.number}>
            <button type="button" aria-pressed={it.number === call?.number} onClick={() => pin(it)}>
              <i class={it.error === undefined ? "dot good" : "dot bad"} />
              <span class="name">{it.procedure}</span>
              <span class="way">{wayText(it)}</span>
              <span class="time">{span(it.elapsed)}</span>
              <span class="when">{age((picture.at - it.endedAt) / 1_000)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Head({ call }: { readonly call: PictureCall }) {
  const { procedure, provider, error, elapsed, attempts } = call;
  return (
    <div class="call-head">
      <p class="procedure">{procedure}</p>
      <p class={error === undefined ? "outcome good" : "outcome bad"}>
        {error === undefined
          ? `answered by ${short(provider ?? "")} in ${span(elapsed)}`
          : `${error.code} after ${span(elapsed)}`}
        {attempts > 1 ? `, sent ${attempts} times` : ""}
      </p>
      {error === undefined ? null : <p class="message">{error.message}</p>}
    </div>
  );
}

function wayText({ error, strategy, forwarders }: PictureCall): string {
  if (error !== undefined) return error.code;
  if (strategy === "local") return "here";
  if (forwarders === undefined || forwarders === 0) return "direct";
  return `${forwarders} between`;
}
