import { GATEWAY } from "./mesh-place.tsx";

/** What the signs mean. */
export function Legend() {
  return (
    <ul class="legend" aria-label="What the signs mean">
      <li>
        <svg viewBox="-12 -12 24 24" aria-hidden="true" class="place linked gateway">
          <path class="body" d={GATEWAY} />
        </svg>
        carries calls of others
      </li>
      <li>
        <svg viewBox="-12 -12 24 24" aria-hidden="true" class="place linked edge-node">
          <circle class="body" r="7" />
        </svg>
        edge
      </li>
      <li>
        <svg viewBox="-12 -12 24 24" aria-hidden="true" class="place known">
          <circle class="body" r="7" />
        </svg>
        known, not linked
      </li>
      <li>
        <i class="stroke overlay" />
        link
      </li>
      <li>
        <i class="stroke shortcut" />
        direct link for calls
      </li>
      <li>
        <i class="stroke seen" />
        seen by a call
      </li>
      <li>
        <i class="stroke way" />
        the call shown
      </li>
    </ul>
  );
}
