import { isIP } from "node:net";
import { describe, expect, it } from "vitest";
import { ipFamily, plainAddress } from "../../src/transport/ip-text.ts";
import { AddressBook } from "../../src/transport/quic/address-words.ts";
import { seededRandom } from "./quic-random.ts";

function roundTrip(text: string): string {
  const book = new AddressBook();
  const words = book.words(text);
  if (words === undefined) return "none";
  const { first, second, third, fourth } = words;
  return book.text(Uint32Array.of(0, first, second, third, fourth), 1);
}

describe("addresses in words", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["255.255.255.255", "255.255.255.255"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:DB8::7", "2001:db8::7"],
    ["2001:db8:0:0:1:0:0:0", "2001:db8:0:0:1::"],
    ["fe80::1:2:3:4", "fe80::1:2:3:4"],
    ["1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["10:0:0:0:100::", "10::100:0:0:0"],
  ])("%s becomes %s", (text, expected) => {
    expect(roundTrip(text)).toBe(expected);
  });

  it.each([
    "",
    "example.com",
    "1.2.3",
    "fe80::1%eth0",
    "::g",
    "1.2.3.256",
    "1.2.3.04",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "1.2.3.4:5::",
    ":1:2:3:4:5:6:7",
    "12345::",
  ])("%j is none", (text) => {
    expect(roundTrip(text)).toBe("none");
  });

  it("are taken and refused as the system does", () => {
    const random = seededRandom(11);
    const alphabet = ["1", "0", "ff", "::", ":", ".", "255", "12", "a"];
    for (let count = 0; count < 20_000; count++) {
      let text = "";
      for (let parts = 1 + random.below(16); parts > 0; parts--)
        text += alphabet[random.below(alphabet.length)];
      expect(`${text} ${ipFamily(text)}`).toBe(`${text} ${isIP(text)}`);
    }
  });

  it("stay right beyond the number that is remembered", () => {
    const book = new AddressBook();
    for (let count = 0; count < 10_000; count++) {
      const ip = `10.${count & 255}.${count >> 8}.1`;
      const { first, second, third, fourth } = book.words(ip) ?? {
        first: 0,
        second: 0,
        third: 0,
        fourth: 0,
      };
      expect(book.text(Uint32Array.of(first, second, third, fourth), 0)).toBe(ip);
    }
  });

  it("show a mapped IPv4 host as IPv4", () => {
    expect(plainAddress("::ffff:192.0.2.7", 9443)).toBe("192.0.2.7:9443");
    expect(plainAddress("2001:db8::7", 9443)).toBe("[2001:db8::7]:9443");
  });
});
