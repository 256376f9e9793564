import { generateKeyPairSync } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MeshError } from "../../src/base/errors.ts";
import {
  createRealmKey,
  freshKey,
  loadOrCreateKey,
  loadRealmKey,
} from "../../src/node/key-file.ts";
import { SeededRandom } from "../../src/sim/random.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "macula-key-"));
  path = join(directory, "node.key");
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function refusal(): MeshError {
  try {
    loadOrCreateKey(path);
  } catch (cause) {
    if (cause instanceof MeshError) return cause;
    throw cause;
  }
  throw new Error("the key file was taken");
}

/** A key of some type as OpenSSL writes it. */
function pem(type: "ed25519" | "x25519" | "ed448"): string {
  // Each overload of generateKeyPairSync takes one type.
  const { privateKey } = generateKeyPairSync(type as "ed25519");
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

describe("a key file that is not there", () => {
  it("is made, for its owner alone, with a key of its own", () => {
    const seed = loadOrCreateKey(path);
    expect(seed).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadOrCreateKey(path)).toEqual(seed);
    expect(loadOrCreateKey(join(directory, "other.key"))).not.toEqual(seed);
    expect(readdirSync(directory).sort()).toEqual(["node.key", "other.key"]);
  });

  it("is 0600 whatever the mask of the process", () => {
    const before = process.umask(0);
    try {
      loadOrCreateKey(path);
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("can't be made where there is no directory for it, and nothing stays behind", () => {
    path = join(directory, "missing", "node.key");
    expect(refusal()).toMatchObject({ code: "bad_key_file" });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe("the key file of a realm", () => {
  const codeOf = (action: () => unknown): string => {
    try {
      action();
      return "none";
    } catch (cause) {
      return (cause as MeshError).code;
    }
  };

  it("is made once, for its owner alone, with the realm's name, and read again", () => {
    const made = createRealmKey(path, "com.example.shop");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const read = loadRealmKey(path);
    expect([read.name, read.signer.id]).toEqual(["com.example.shop", made.signer.id]);
    const before = readFileSync(path);
    expect(codeOf(() => createRealmKey(path, "com.example.shop"))).toBe("bad_key_file");
    expect(readFileSync(path)).toEqual(before);
  });

  it("is no node's key, and a node's is no realm's", () => {
    expect(codeOf(() => loadRealmKey(path))).toBe("bad_key_file");
    expect(codeOf(() => createRealmKey(path, "com..example"))).toBe("bad_config");
    loadOrCreateKey(path);
    expect(codeOf(() => loadRealmKey(path))).toBe("bad_key_file");
    const other = join(directory, "realm.key");
    createRealmKey(other, "com.example.shop");
    expect(codeOf(() => loadOrCreateKey(other))).toBe("bad_key_file");
  });
});

describe("a key file that is there", () => {
  it("may come from elsewhere, with any ends of line", () => {
    const text = pem("ed25519");
    writeFileSync(path, text, { mode: 0o600 });
    const seed = loadOrCreateKey(path);
    for (const same of [text.replaceAll("\n", "\r\n"), text.trimEnd(), `\n${text}\n`]) {
      writeFileSync(path, same);
      expect(loadOrCreateKey(path)).toEqual(seed);
    }
    expect(readFileSync(path, "utf8")).toBe(`\n${text}\n`);
  });

  it.each([0o644, 0o640, 0o604, 0o660, 0o610, 0o777])(
    "of mode %o is refused, with the cure",
    (mode) => {
      writeFileSync(path, pem("ed25519"));
      chmodSync(path, mode);
      expect(refusal()).toMatchObject({
        code: "bad_key_file",
        message: expect.stringContaining(`chmod 600 ${path}`),
      });
      expect(statSync(path).mode & 0o777).toBe(mode);
    },
  );

  it.each([0o600, 0o400, 0o700])("of mode %o is taken", (mode) => {
    writeFileSync(path, pem("ed25519"));
    chmodSync(path, mode);
    expect(loadOrCreateKey(path)).toHaveLength(32);
  });

  it.each<[string, () => string | Uint8Array]>([
    ["nothing", () => ""],
    ["something else", () => "not a key"],
    ["a key of another curve", () => pem("x25519")],
    ["a key of another size", () => pem("ed448")],
    ["half a key", () => pem("ed25519").slice(0, 60)],
    ["a key without its last line", () => pem("ed25519").split("\n").slice(0, 2).join("\n")],
    ["a key that lacks a byte", () => pem("ed25519").replace(/.{4}\n-----END/, "\n-----END")],
    ["a key with more behind it", () => `${pem("ed25519")}more`],
    ["two keys", () => pem("ed25519") + pem("ed25519")],
    ["bytes", () => new Uint8Array(100).fill(0xff)],
    ["far too much", () => "x".repeat(100_000)],
  ])("that holds %s is refused and left as it is", (_, content) => {
    const written = Buffer.from(content());
    writeFileSync(path, written, { mode: 0o600 });
    expect(refusal()).toMatchObject({
      code: "bad_key_file",
      message: expect.stringMatching(
        /^the key file \S+ can't be used: it holds no Ed25519 private key/,
      ),
    });
    expect(readFileSync(path).equals(written)).toBe(true);
    expect(readdirSync(directory)).toEqual(["node.key"]);
  });

  it("is no directory", () => {
    mkdirSync(path, { mode: 0o700 });
    expect(refusal()).toMatchObject({ code: "bad_key_file" });
  });
});

describe("a key in memory", () => {
  it("is new each time", () => {
    expect(freshKey()).toHaveLength(32);
    expect(freshKey()).not.toEqual(freshKey());
  });
});

/** `whole` with a bit flipped, its end zeroed, or its end gone. */
function damaged(whole: Buffer, random: SeededRandom): Buffer {
  const bytes = Buffer.from(whole);
  const at = random.below(bytes.length);
  const kind = random.below(3);
  if (kind === 0) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
  if (kind === 1) bytes.fill(0, at);
  return kind === 2 ? bytes.subarray(0, at) : bytes;
}

describe("a key file that is damaged", () => {
  it("is never taken for another identity: 10,000 times", () => {
    const seed = loadOrCreateKey(path);
    const whole = readFileSync(path);
    const random = new SeededRandom(9, 9);
    for (let turn = 0; turn < 10_000; turn++) {
      writeFileSync(path, damaged(whole, random));
      let read: Uint8Array = seed; // White space and the like may change; the key may not.
      try {
        read = loadOrCreateKey(path);
      } catch (cause) {
        expect((cause as MeshError).code).toBe("bad_key_file");
      }
      expect(read).toEqual(seed);
    }
  }, 60_000);
});
