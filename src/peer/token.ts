import type { Bytes } from "../base/bytes.ts";
import { fromBase64Url, toBase64Url, utf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { ID_BYTES, type Key, type NodeId, toNodeId } from "../base/id.ts";
import { SIGNATURE_BYTES, type Signer } from "../identity/keys.ts";
import { sealStatement, signedPart } from "../identity/signed.ts";
import { TOKEN_BYTES_MAX } from "../wire/hello.ts";
import { FieldReader } from "../wire/reader.ts";
import { FrameWriter } from "../wire/writer.ts";
import { ROLES_ALL } from "./roles.ts";

const FORMAT = 1;
const DOMAIN = utf8("macula token 1\0");

/** In front of the text form, so that a token is told from anything else. */
const TEXT_MARK = "macula-token-1.";

/** The realm's word that a node is a member of it. */
export interface Token {
  readonly realm: Key;
  readonly node: NodeId;
  /** Which roles the node may claim. */
  readonly roles: number;
  /** Unix milliseconds. */
  readonly notBefore: number;
  /** Unix milliseconds. */
  readonly expires: number;
  /** The signed form, as it travels. */
  readonly bytes: Bytes;
}

export type TokenClaim = Omit<Token, "bytes">;

/** Makes a token. `authority` signs for the realm. */
export function signToken(authority: Signer, claim: TokenClaim): Token {
  const writer = new FrameWriter();
  writer.beginBare();
  writer.array(6);
  writer.uint(FORMAT);
  writer.bin(claim.realm);
  writer.bin(claim.node);
  writer.uint(claim.roles);
  writer.uint(claim.notBefore);
  writer.uint(claim.expires);
  return { ...claim, bytes: sealStatement(authority, DOMAIN, writer.copy()) };
}

/**
 * Reads a token; what it says is not yet believed.
 *
 * @throws {MeshError} `bad_token` where it is malformed or cut short.
 */
export function readToken(bytes: Bytes): Token {
  if (bytes.length <= SIGNATURE_BYTES || bytes.length > TOKEN_BYTES_MAX) {
    throw badToken(`it has ${bytes.length} bytes`);
  }
  try {
    const reader = new FieldReader(bytes, 0, bytes.length - SIGNATURE_BYTES);
    reader.array(6);
    if (reader.uint() !== FORMAT) throw badToken("its format is unknown");
    const token: Token = {
      realm: reader.fixed(ID_BYTES),
      node: toNodeId(reader.fixed(ID_BYTES)),
      roles: reader.uint(ROLES_ALL),
      notBefore: reader.uint(),
      expires: reader.uint(),
      bytes: bytes.slice(),
    };
    reader.done();
    return token;
  } catch (cause) {
    throw cause instanceof MeshError ? badToken(cause.message) : cause;
  }
}

/** What the signature of a token is made over, and the signature. */
export function tokenSignature(token: Token): {
  readonly signed: Bytes;
  readonly signature: Bytes;
} {
  return signedPart(token.bytes, DOMAIN);
}

/** A token as one word: for files, mails and command lines. */
export function tokenText(token: Token): string {
  return TEXT_MARK + toBase64Url(token.bytes);
}

/**
 * Reads the text form; white space around it is forgiven.
 *
 * @throws {MeshError} `bad_token` where it is no token, or was cut short or mistyped in a way that shows.
 */
export function parseToken(text: string): Token {
  const word = text.trim();
  if (!word.startsWith(TEXT_MARK)) throw badToken(`it does not begin with ${TEXT_MARK}`);
  const body = word.slice(TEXT_MARK.length);
  const bytes = fromBase64Url(body);
  // Each token has one text form, so that a strange character is not read as another.
  if (toBase64Url(bytes) !== body) throw badToken("it holds characters that no token has");
  return readToken(bytes);
}

export function badToken(reason: string): MeshError {
  return new MeshError(
    "bad_token",
    `a membership token is refused: ${reason}; copy it again, or have another one issued`,
  );
}
