import { describe, expect, it } from "vitest";
import { Holders } from "../../src/dht/holders.ts";
import { type Contact, signContact } from "../../src/peer/contact.ts";
import { CLAIM, NOW, REALM, signerOf } from "../peer/nodes.ts";

const contactOf = (number: number): Contact => signContact(signerOf(number), REALM, CLAIM, NOW);

describe("the holders of a record", () => {
  it("are those with a live copy, whoever has taken it since", () => {
    const holders = new Holders();
    const [a, b, c] = [1, 2, 3].map((number) => contactOf(number));
    holders.took([a!, b!], 100);
    holders.took([b!, c!], 200);
    expect(holders.live(99)).toEqual([a, b, c]);
    expect(holders.live(100)).toEqual([b, c]);
    expect(holders.live(200)).toEqual([]);
  });

  it("are 64 at most: who took it longest ago is forgotten", () => {
    const holders = new Holders();
    const contacts = Array.from({ length: 65 }, (_, number) => contactOf(number + 1));
    holders.took(contacts, 100);
    expect(holders.live(0)).toEqual(contacts.slice(1));
  });
});
