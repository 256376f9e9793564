/*
 * The frame of the driver's floor: as long as a call of 100 bytes through forwarders, and with no more in it
 * than an echo needs: u32 length of the rest, u32 hops, u32 slot, filling. Integers are big-endian.
 */
export const FRAME_BYTES = 196;
const HOPS = 4;
const SLOT = 8;

export function makeFrame() {
  const frame = new Uint8Array(FRAME_BYTES).fill(7);
  writeUint32(frame, 0, FRAME_BYTES - 4);
  writeUint32(frame, HOPS, 0);
  return frame;
}

export function writeSlot(frame, slot) {
  writeUint32(frame, SLOT, slot);
}

export function readSlot(bytes, start) {
  return readUint32(bytes, start + SLOT);
}

export function readHops(bytes, start) {
  return readUint32(bytes, start + HOPS);
}

export function countHop(bytes, start) {
  writeUint32(bytes, start + HOPS, readUint32(bytes, start + HOPS) + 1);
}

function readUint32(bytes, at) {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

function writeUint32(bytes, at, value) {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Cuts a stream into frames; one that comes in pieces is joined. */
export class FrameCutter {
  #onFrame;
  #kept = new Uint8Array(FRAME_BYTES);
  #have = 0;

  /** `onFrame(bytes, start)` gets each frame; the bytes are its own until it returns. */
  constructor(onFrame) {
    this.#onFrame = onFrame;
  }

  push(bytes, start, end) {
    let at = start;
    if (this.#have > 0) {
      at = Math.min(end, start + FRAME_BYTES - this.#have);
      this.#keep(bytes, start, at);
      if (this.#have < FRAME_BYTES) return;
      this.#have = 0;
      this.#tell(this.#kept, 0);
    }
    for (; at + FRAME_BYTES <= end; at += FRAME_BYTES) this.#tell(bytes, at);
    if (at < end) this.#keep(bytes, at, end);
  }

  #keep(bytes, start, end) {
    this.#kept.set(bytes.subarray(start, end), this.#have);
    this.#have += end - start;
  }

  #tell(bytes, start) {
    if (readUint32(bytes, start) !== FRAME_BYTES - 4) throw new Error("a frame has another length");
    this.#onFrame(bytes, start);
  }
}
