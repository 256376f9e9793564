import type { Picture } from "../picture.ts";
import { count } from "./format.ts";

const HEIGHT = 44;

/** What this node holds for the mesh, whom it knows in each bucket, and what it provides. */
export function DhtCard({ dht }: { readonly dht: Picture["dht"] }) {
  const { sizeEstimate, records, recordsMax, registrations, buckets } = dht;
  return (
    <section class="card dht" aria-labelledby="dht-title">
      <h2 id="dht-title">The shared table</h2>
      <ul class="numbers">
        <li>
          <strong>≈ {count(sizeEstimate)}</strong> nodes hold records
        </li>
        <li>
          <strong>{count(records.held)}</strong> records held here, of {count(recordsMax)} at most
        </li>
        <li>
          <strong>{count(records.owners)}</strong> nodes signed them
        </li>
      </ul>
      <h3>Known nodes, far to near</h3>
      <Buckets buckets={buckets} />
      <h3>Provided here</h3>
      {registrations.shown.length === 0 ? <p class="quiet">Nothing.</p> : null}
      <ul class="provided">
        {registrations.shown.map(({ procedure, copies }) => (
          <li key={procedure}>
            <span class="name">{procedure}</span>
            <span class="quiet">{copies === 1 ? "1 copy" : `${copies} copies`}</span>
          </li>
        ))}
      </ul>
      {registrations.more > 0 ? <p class="quiet">and {registrations.more} more</p> : null}
    </section>
  );
}

function Column({ kind, height }: { readonly kind: "all" | "ours"; readonly height: number }) {
  return <rect class={kind} y={HEIGHT - height} width="12" height={height} rx="2" />;
}

function Buckets({ buckets }: { readonly buckets: Picture["dht"]["buckets"] }) {
  if (buckets.length === 0) return <p class="quiet">None yet.</p>;
  const highest = Math.max(4, ...buckets.map(({ contacts }) => contacts));
  const height = (number: number): number => (number / highest) * (HEIGHT - 2);
  return (
    <ul class="buckets">
      {buckets.map(({ bucket, contacts, linked }) => (
        <li key={bucket} title={`bucket ${bucket}: ${contacts} known, ${linked} linked`}>
          <svg viewBox={`0 0 12 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" width="12" height={HEIGHT} rx="2" />
            <Column kind="all" height={height(contacts)} />
            <Column kind="ours" height={height(linked)} />
          </svg>
          <span class="sr">{`bucket ${bucket}: ${contacts} known, ${linked} linked`}</span>
        </li>
      ))}
    </ul>
  );
}
