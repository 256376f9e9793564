import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createNode, type MeshNode } from "../../src/index.ts";
import { REALM, startChain } from "./canary-chain.ts";

/** What must be in no forwarder's memory. Put together here, so that no file holds it. */
const CANARY = ["canary", "51f0", "9be7", "c3"].join("-");

/** Memory is read in pieces that overlap by this much. */
const OVERLAP = 256;
const PIECE = 4 << 20;

/** Whether `text` stands anywhere in the memory that a process can write, in one byte a character or two. */
function isInMemory(pid: number, ...texts: readonly (string | Uint8Array)[]): boolean {
  const needles = texts.flatMap((it) =>
    typeof it === "string" ? [Buffer.from(it), Buffer.from(it, "utf16le")] : [Buffer.from(it)],
  );
  const memory = openSync(`/proc/${pid}/mem`, "r");
  const piece = Buffer.alloc(PIECE);
  try {
    return writable(pid).some(([start, end]) => {
      for (let at = start; at < end; at += PIECE - OVERLAP) {
        const length = readAt(memory, piece, at, Math.min(PIECE, end - at));
        const found = piece.subarray(0, length);
        if (needles.some((needle) => found.includes(needle))) return true;
      }
      return false;
    });
  } finally {
    closeSync(memory);
  }
}

function readAt(memory: number, piece: Buffer, at: number, length: number): number {
  try {
    return readSync(memory, piece, 0, length, at);
  } catch {
    return 0; // Gone meanwhile, or never touched.
  }
}

/** The writable regions of a process of which something is in use. */
function writable(pid: number): [number, number][] {
  const regions: [number, number][] = [];
  let region: [number, number] | undefined;
  for (const text of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(text);
    if (head)
      region = [Number.parseInt(head[1] as string, 16), Number.parseInt(head[2] as string, 16)];
    else if (/^[0-9a-f]+-[0-9a-f]+ /.test(text)) region = undefined;
    else if (region && /^Rss: +[1-9]/.test(text)) regions.push(region);
  }
  return regions;
}

/** Calls of all kinds and sizes that are full of canaries. */
async function sing(client: MeshNode, provider: MeshNode): Promise<void> {
  const name = `${CANARY}.procedure`;
  await provider.register(name, (args) => ({ result: CANARY, args }));
  for (const length of [1, 5_000, 300_000]) {
    const args = { text: CANARY, bytes: Buffer.alloc(length, CANARY) };
    for (let time = 0; time < 20; time++) await client.call(name, args, { timeout: 10_000 });
  }
  await client.cast(name, CANARY);
}

describe.runIf(process.platform === "linux")("the memory of three forwarders", () => {
  it("holds nothing of the names, arguments and results that they have passed on", async () => {
    await using chain = await startChain(3);
    const options = { realm: REALM, mode: "edge", links: "static" } as const;
    const [first, last] = [chain.addresses[0] as string, chain.addresses[2] as string];
    await using provider = await createNode({ ...options, bootstrap: [last] });
    await using client = await createNode({ ...options, bootstrap: [first] });
    await Promise.all([client.ready(), provider.ready()]);
    await sing(client, provider);
    const ids = chain.pids.map((pid) => isInMemory(pid, Buffer.from(provider.id, "hex")));
    expect(ids).toEqual([true, true, true]);
    expect(chain.pids.map((pid) => isInMemory(pid, CANARY))).toEqual([false, false, false]);
  });
});
