/** JSON of anything a call may return. `indent` 0 keeps it on one line. Bytes, big integers and dates are shown as text. */
export function toJson(value: unknown, indent = 0): string {
  return (
    JSON.stringify(
      value,
      (_key, part: unknown) => plain(part),
      indent === 0 ? undefined : indent,
    ) ?? "null"
  );
}

function plain(part: unknown): unknown {
  if (typeof part === "bigint") return part.toString();
  if (part instanceof Uint8Array) return Buffer.from(part).toString("base64");
  return part;
}
