import { describe, expect, it } from "vitest";
import { parseHostPort, toAddress } from "../../src/base/address.ts";
import { addressGroup, subnetOf } from "../../src/base/address-group.ts";

const groupOf = (text: string): string | undefined => {
  const { host, port } = parseHostPort(text);
  return addressGroup(toAddress(host, port));
};

describe("the part of the network an address lies in", () => {
  it.each([
    ["198.51.100.7:1", "198.51.100"],
    ["198.51.100.250:9", "198.51.100"],
    ["198.51.101.7:1", "198.51.101"],
    ["172.32.0.1:1", "172.32.0"],
    ["[2001:db8:1:2::3]:1", "2001:db8:1"],
    ["[2001:DB8:1:ffff::]:1", "2001:db8:1"],
    ["[2001:db8::1]:1", "2001:db8:0"],
    ["[::ffff:198.51.100.7]:1", "198.51.100"],
    ["[::ffff:c633:6407]:1", "198.51.100"],
  ])("of %s is %s", (address, group) => {
    expect(groupOf(address)).toBe(group);
  });

  it.each([
    "10.1.2.3:1",
    "172.16.0.1:1",
    "172.31.255.1:1",
    "192.168.1.1:1",
    "169.254.1.1:1",
    "127.0.0.1:1",
    "0.0.0.0:1",
    "[::1]:1",
    "[::]:1",
    "[fd00::1]:1",
    "[fe80::1]:1",
    "[::ffff:10.0.0.1]:1",
    "mesh.example.com:1",
  ])("means nothing for %s", (address) => {
    expect(groupOf(address)).toBeUndefined();
  });
});

describe("the network of an interface", () => {
  it.each([
    ["192.168.1.7:1", "192.168.1"],
    ["198.51.100.7:9", "198.51.100"],
    ["[fd00:1:2:3::9]:1", "64768:1:2:3"],
    ["[2001:db8::1]:1", "8193:3512:0:0"],
    ["example.com:1", undefined],
  ])("of %s is %s", (text, subnet) => {
    const { host, port } = parseHostPort(text);
    expect(subnetOf(toAddress(host, port))).toBe(subnet);
  });
});
