import { concat, utf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { parseNodeId } from "../base/id.ts";
import { parseRealm, sha256 } from "../identity/realm.ts";
import { parseBootstrap } from "./config.ts";

/** In front of every join string; the number is its version. */
const MARK = "macula-join-";
const VERSION = "1";

/** Addresses in one join string at most. */
export const JOIN_ADDRESSES_MAX = 4;

/** Bytes of a join string at most: with these, the longest realm and the longest host names. */
const LENGTH_MAX = 2_048;

/** What is checked apart, so that it can be said which part was mistyped. */
const PARTS = ["realm", "node id", "addresses"] as const;

/** Base 32 without letters that look like digits (Crockford). */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/** What a node needs to join a mesh: as it is, a part of the options of `createNode`. */
export interface JoinTarget {
  readonly realm: string;
  /** `<node id>@host:port`, one for each address of the one node. */
  readonly bootstrap: readonly string[];
}

/**
 * A mesh in one word: realm, and the id and addresses of one node of it, each with check digits.
 *
 *   macula-join-1/<realm>/<node id>@<address>,<address>/<check>-<check>-<check>
 *
 * It holds no key and no token. Of an open realm it tells the name, which is all that anybody needs to join it.
 */
export function writeJoinString(realm: string, id: string, addresses: readonly string[]): string {
  const where = addresses.slice(0, JOIN_ADDRESSES_MAX).join(",");
  const checks = [realm, id, where].map(checkOf).join("-");
  return `${MARK}${VERSION}/${realm}/${id}@${where}/${checks}`;
}

/**
 * Reads a join string; white space around it is forgiven.
 *
 * @throws {MeshError} `bad_config` naming the part that is wrong.
 */
export function readJoinString(text: string): JoinTarget {
  const word = text.trim();
  const [mark = "", realm = "", node = "", checks = "", ...rest] = word.split("/");
  checkMark(mark);
  if (word.length > LENGTH_MAX) throw bad("it is too long");
  const [id = "", where = "", ...more] = node.split("@");
  if (checks === "" || where === "" || rest.length > 0 || more.length > 0) {
    throw bad("a part of it is missing, or there is one too many");
  }
  checkParts([realm, id, where], checks.split("-"));
  parseRealm(realm);
  parseNodeId(id);
  const bootstrap = where.split(",").map((address) => `${id}@${address}`);
  if (bootstrap.length > JOIN_ADDRESSES_MAX) throw bad("it names too many addresses");
  for (const target of bootstrap) parseBootstrap(target);
  return { realm, bootstrap };
}

function checkMark(mark: string): void {
  if (mark === MARK + VERSION) return;
  if (/^macula-join-\d+$/.test(mark)) {
    throw bad(`it is of version ${mark.slice(MARK.length)}; upgrade the older of the two machines`);
  }
  throw bad(`it does not begin with ${MARK}${VERSION}/`);
}

function checkParts(parts: readonly string[], checks: readonly string[]): void {
  if (checks.length !== PARTS.length) throw bad("its check digits at the end are cut short");
  const wrong = PARTS.filter((_, at) => checkOf(parts[at] as string) !== checks[at]);
  if (wrong.length === 0) return;
  if (wrong.length === PARTS.length) throw bad("its check digits at the end are wrong");
  throw bad(`its ${wrong.join(" and its ")} can't be right: there is a mistake in it`);
}

/** Four digits that a mistake gets right once in a million times. */
function checkOf(part: string): string {
  const hash = sha256(concat(utf8("macula join 1\0"), utf8(part)));
  const bits =
    ((hash[0] as number) << 12) | ((hash[1] as number) << 4) | ((hash[2] as number) >> 4);
  return [15, 10, 5, 0].map((shift) => DIGITS.charAt((bits >> shift) & 31)).join("");
}

function bad(what: string): MeshError {
  return new MeshError(
    "bad_config",
    `the join string can't be used: ${what}; copy it again, whole`,
  );
}
