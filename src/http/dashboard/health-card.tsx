import type { Picture } from "../picture.ts";
import { short } from "./format.ts";

/** What is wrong and what helps, and how this node stands to the world. */
export function HealthCard({ picture }: { readonly picture: Picture }) {
  const { health, anchors, bootstrap } = picture;
  const silent = bootstrap.shown.filter(({ connected }) => !connected);
  return (
    <section class="card health" aria-labelledby="health-title">
      <h2 id="health-title">Health</h2>
      {health.reasons.length === 0 ? (
        <p class="verdict good">Nothing is wrong.</p>
      ) : (
        <ul class="reasons">
          {health.reasons.map(({ code, text, whatToDo }) => (
            <li key={code}>
              <code>{code}</code>
              <p>{text}</p>
              <p class="cure">{whatToDo}</p>
            </li>
          ))}
        </ul>
      )}
      <dl class="facts">
        {factsOf(picture).map(([name, value]) => (
          <div class="fact" key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div class="fact">
          <dt>Anchors</dt>
          <dd>
            {anchors.length === 0 ? "none: it is reached without" : null}
            {anchors.map((id) => (
              <code key={id} title={id}>
                {short(id)}
              </code>
            ))}
          </dd>
        </div>
        {silent.map(({ target, lastError }) => (
          <div class="fact" key={target}>
            <dt>Bootstrap {target}</dt>
            <dd>{lastError ?? "not linked"}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const DIALABLE = {
  proved: "yes, others have done it",
  unproved: "not proved",
  failed: "no, others have tried",
} as const;

const MAPPING = {
  stable: "one address for all, or none: direct links work",
  varying: "symmetric: another port for each peer",
  unknown: "not known, too few links see it",
} as const;

const UDP = {
  works: "gets through",
  blocked: "blocked; links go over TCP",
  unknown: "not known yet",
  unused: "not used",
} as const;

function factsOf({ reach, routing }: Picture): [string, string][] {
  return [
    ["Can be dialled", DIALABLE[reach.dialable]],
    ["NAT before it", MAPPING[reach.mapping]],
    ["Seen at", reach.seenAt.join(", ") || "not known yet"],
    ["UDP", UDP[reach.udp]],
    ["Calls may go", routing.strategy.replaceAll("_", " ")],
  ];
}
