import { KIND_NAMES } from "./net/kinds.mjs";

/** A mistake on the command line. */
export class UsageError extends Error {}

/*
 * What a flag takes: `read(flag, text)` makes a value of it or throws `UsageError`, `otherwise` is meant where it is left
 * out, `says` is what it is in words.
 */

export function number(otherwise, least, most, says) {
  const read = (flag, text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    throw new UsageError(`--${flag} is a number from ${least} to ${most}, not "${text}"`);
  };
  return { type: "string", otherwise, read, says: `${says} (${otherwise})` };
}

export function wholeNumber(otherwise, least, most, says) {
  const any = number(otherwise, least, most, says);
  const read = (flag, text) => {
    const value = any.read(flag, text);
    if (Number.isInteger(value)) return value;
    throw new UsageError(`--${flag} is a whole number, not "${text}"`);
  };
  return { ...any, read };
}

export function choice(otherwise, names, says) {
  const read = (flag, text) => {
    if (names.includes(text)) return text;
    throw new UsageError(`--${flag} is one of ${names.join(", ")}, not "${text}"`);
  };
  return { type: "string", otherwise, read, says: `${says}: ${names.join(", ")} (${otherwise})` };
}

export function kind(says) {
  return choice("port", KIND_NAMES, says);
}

/** Several of the names, with commas between them; all where it is left out. */
export function choices(names, says) {
  const one = choice(undefined, names, says);
  const read = (flag, text) => text.split(",").map((name) => one.read(flag, name));
  return { type: "string", otherwise: names, read, says: `${says}: some of ${names.join(",")}` };
}

export function yes(says) {
  return { type: "boolean", otherwise: false, read: (_, value) => value, says };
}
