import { describe, expect, it } from "vitest";
import type { Verify } from "../../src/identity/keys.ts";
import { verify } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import { type Contact, readContact, signContact } from "../../src/peer/contact.ts";
import { ContactBook } from "../../src/peer/contact-book.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";
import { CLAIM, NOW, openMembers, REALM, signerOf } from "./nodes.ts";

const HOUR = 3_600_000;

/** A book, and how many signatures it has had checked. */
function bookOf(max?: number): { book: ContactBook; checked: () => number } {
  let checked = 0;
  const counting: Verify = (...args) => {
    checked += 1;
    return verify(...args);
  };
  const book = new ContactBook(openMembers(), counting, { count: () => {} }, max);
  return { book, checked: () => checked };
}

const contactOf = (number: number, now = NOW): Contact =>
  signContact(signerOf(number), REALM, CLAIM, now);

describe("a contact book", () => {
  it("checks the signature of a contact once", () => {
    const { book, checked } = bookOf();
    const { bytes } = contactOf(1);
    const read = book.read(bytes, NOW);
    expect(read.id).toEqual(signerOf(1).id);
    expect(book.read(bytes.slice(), NOW)).toBe(read);
    expect(checked()).toBe(1);
  });

  it("checks each newer contact of the same node, and each older one every time", () => {
    const { book, checked } = bookOf();
    const [old, newer] = [contactOf(1), contactOf(1, NOW + 1_000)];
    for (const { bytes } of [old, newer, newer]) book.read(bytes, NOW);
    expect(checked()).toBe(2);
    for (const { bytes } of [old, old]) expect(book.read(bytes, NOW).seq).toBe(NOW);
    expect(checked()).toBe(4);
    book.read(newer.bytes, NOW);
    expect(checked()).toBe(4);
  });

  it("remembers no refusal, and nothing of what it has refused", () => {
    const { book } = bookOf();
    const { bytes } = contactOf(1);
    const forged = bytes.slice().fill(1, -64);
    for (let time = 0; time < 2; time++) {
      expect(failure(() => book.read(forged, NOW))).toBe("bad_record");
    }
    expect(book.size).toBe(0);
    expect(book.read(bytes, NOW).seq).toBe(NOW);
  });

  it("takes no bytes for those it knows that differ in one place", () => {
    const { book } = bookOf();
    const { bytes } = contactOf(1);
    book.read(bytes, NOW);
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const changed = bytes.slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(failure(() => book.read(changed, NOW))).toBe("bad_record");
      }),
      { numRuns: 200 },
    );
  });

  it("believes a contact no longer than it says, however often it was read before", () => {
    const { book } = bookOf();
    const { bytes } = contactOf(1);
    book.read(bytes, NOW);
    const late = NOW + HOUR + 11 * 60_000;
    expect(failure(() => book.read(bytes, late))).toBe("bad_record");
    expect(failure(() => readContact(bytes, openMembers(), late, verify))).toBe("bad_record");
  });

  it("refuses contacts of another realm, and what is too short to be one", () => {
    const { book } = bookOf();
    const strange = signContact(signerOf(1), realmId("org.other"), CLAIM, NOW);
    expect(failure(() => book.read(strange.bytes, NOW))).toBe("bad_record");
    for (const length of [0, 1, 40, 80]) {
      expect(failure(() => book.read(contactOf(1).bytes.slice(0, length), NOW))).toBe("bad_record");
    }
  });

  it("remembers so many and no more: a flood costs signatures, not memory", () => {
    const { book, checked } = bookOf(4);
    const flood = [1, 2, 3, 4, 5, 6].map((number) => contactOf(number));
    for (const { bytes } of flood) book.read(bytes, NOW);
    expect([book.size, checked()]).toEqual([4, 6]);
    book.read((flood[0] as Contact).bytes, NOW);
    expect([book.size, checked()]).toEqual([4, 7]);
  });
});
