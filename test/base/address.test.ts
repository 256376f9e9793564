import { describe, expect, it } from "vitest";
import { parseHostPort, toAddress } from "../../src/base/address.ts";
import { failure } from "./failure.ts";

describe("host:port", () => {
  it.each([
    ["192.0.2.7:9443", "192.0.2.7", 9443],
    ["[2001:db8::7]:9443", "2001:db8::7", 9443],
    ["[fe80::1%eth0]:1", "fe80::1%eth0", 1],
    ["gateway.example.com:443", "gateway.example.com", 443],
    ["localhost:0", "localhost", 0],
    ["a:65535", "a", 65535],
  ])("reads %s", (text, host, port) => {
    expect(parseHostPort(text)).toEqual({ host, port });
  });

  it.each([
    "",
    ":9443",
    "host",
    "host:",
    "host:65536",
    "host:123456",
    "host:-1",
    "host:1x",
    "2001:db8::7:9443",
    "[2001:db8::7]",
    "[]:1",
    "[host]:1",
    "[fe80::1%]:1",
    "two words:1",
    "a:1\n",
    `${"a".repeat(254)}:1`,
  ])("refuses %j", (text) => {
    expect(failure(() => parseHostPort(text))).toBe("bad_config");
  });

  it("accepts a name of 253 characters, the longest DNS has", () => {
    expect(parseHostPort(`${"a".repeat(253)}:1`).host).toHaveLength(253);
  });

  it("is joined with brackets around IPv6", () => {
    expect(toAddress("192.0.2.7", 1)).toBe("192.0.2.7:1");
    expect(toAddress("2001:db8::7", 1)).toBe("[2001:db8::7]:1");
  });
});
