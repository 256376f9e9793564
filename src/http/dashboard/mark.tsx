/** The sign of the project. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path class="mark-rim" d="M16 2 28 9v14l-12 7L4 23V9Z" />
      <path class="mark-ways" d="M16 16 8 11m8 5 8-5m-8 5v9" />
      <g class="mark-nodes">
        <circle cx="16" cy="16" r="4" />
        <circle cx="8" cy="11" r="2.5" />
        <circle cx="24" cy="11" r="2.5" />
        <circle cx="16" cy="25" r="2.5" />
      </g>
    </svg>
  );
}
