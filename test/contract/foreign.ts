import { toNodeId } from "../../src/base/id.ts";
import type { TransportIdentity } from "../../src/transport/transport.ts";

/*
 * Self-signed certificates (CN=stranger) with keys that no mesh node has. They were made once for these
 * tests and are used nowhere else.
 */
const P256_KEY =
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgef4iBJgedMkrLK/pmIlGsROHVBB5ZM8xHCmvlmgID9Sh" +
  "RANCAAQgJB0MqBl8/WN1qrg4XXv8Gi0DeWg9JRoX/KpTYvZcHZ2zF53vqz77MJtL7sB7ABHF6rrKCMgZ06UFIfc6N5qy";
const P256_CERTIFICATE =
  "MIIBfjCCASOgAwIBAgIUTusE4owxUjJODQrKfcOSGQdFuCgwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIc3RyYW5nZXIw" +
  "IBcNMjYxMTIxMDAyOTI5WhgPMjEyNjEwMjgwMDI5MjlaMBMxETAPBgNVBAMMCHN0cmFuZ2VyMFkwEwYHKoZIzj0CAQYI" +
  "KoZIzj0DAQcDQgAEICQdDKgZfP1jdaq4OF17/BotA3loPSUaF/yqU2L2XB2dsxed76s++zCbS+7AewARxeq6ygjIGdOl" +
  "BSH3OjeasqNTMFEwHQYDVR0OBBYEFL22RsG/o+J7IB9S4ATe3uWG+GDDMB8GA1UdIwQYMBaAFL22RsG/o+J7IB9S4ATe" +
  "3uWG+GDDMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAPBC/y+oprGs/8JU37fEjFeF4mGMTp2ljqBS" +
  "Gd5X9t2sAiEA8/wcNrdiyBWLgICgImQco9u3BYEMFGdht3F2Lyud/lc=";
const RSA_KEY =
  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDxTugpZQd3gmpNTHpWQd+N1/prhqIDumeROL4RNy34" +
  "KyN4T0nVYjovvRDv7AP5C3SmGV68MTpEIrhoWbe5Vffvjs3ms3jwITF2eSCGdfje4aElM8/3gbS18+YDvX0MrF+dOioZ" +
  "dUgg52eDRhyNoy/Xr6BdXmWzolUyPzJddLUNuURyl2NHW4Im5nQgEbHh7IiWY+74vzvL9Pl8Zj/d4J/oRFctTDIz0iFe" +
  "SaIWRWdhkhZjmKF1IC4h7ZnS1mT7Zjx8OOH62+ONxt50af0/6VVOz9nlzl+yWTka8npKXIfbB8p2jhOUxufZeTwJfppz" +
  "yiY7lMPKjqQs4dq4XzjR9z+bAgMBAAECggEATsQC5AAmP8xCBplAFYfLAPHOu+pmV/EwfSaYY+YvCyKJoWvAHfbCJ3L/" +
  "ZFEVuuUSXmVJlwQ6kKMErosafVSiaX+jlfpfL4KmMpW3GCzJ33amsw4GhDPCWOIT4oSnnMtnKlsiAs1Vjef60c7A4zqx" +
  "EyYwokl9yPTj+lLGjdrafm+osx+yyz8sTADYH2r7z07Y1gaVLEbdOs35GbgMMZD8X0Vmscl8wrDYRI5e0Z+9VxDtNcMU" +
  "4MHJKzgFYgC57AcKSGj30VpDdmoASXvLqmVHKnhjaEyrwVYE0bMCD4Ap7ZH3f2Iz48bagm4+w3AntQnqgfDwWQbhGwPR" +
  "OCTReDKjgQKBgQD7ZBKFeL1hAwn07tchsDcTb9GFy/vWJKBIv8xAvJXOinQgddhkoqGeChg3I8Pi6F/sQzh6lVTxEpg3" +
  "EH/+nKB+VOlVadbyqSZN+O4c0kUpoMxex17HRmH8FaIZDmxWaMd2AblD2bgorM8DRP1F6BhQS8HnW0fS6zKTTNqVAWXd" +
  "3wKBgQD1u4KwfQbGcHwi5iJNoTXWvmrVUrjxmcsqa/o8q2DcqQqKr/uTNqa2Yz1wsQoM6ZySl0bxBjNIAn2Wh0pixWQE" +
  "DEYqBo8gj9W2vD+xQHE4UeuSeG1wz4K/tGskH8PZlkwj/1eMc7NvOAxu7zd6xzk2fS+Bv5vm3tNSMNrhHzbdxQKBgGNr" +
  "9YNB+Cvo5sQuvXh+V5nhTE0NGoFbpOSArkggDWNNEJZR5Q4P37lAJsmP5IXV/zHSeADLFHfvMbH9XZGV4kd0T3/PRwpb" +
  "aWHHBGzzoBTRmmIVmV9Yb6Ih8CTWtnQKJnB+SAYUkifMCGcznrNKEmuXOo3EZQh+qlblO0FY9y+jAoGAaRxBBb8lI8K/" +
  "xqnL6IrZnbaruf39cBLJ7aZsToE8GIcSJEqsgMbyvrdqc4a29tkCiU2+IaD2VIoEMFxEfEVUx8p8RMOze0krMFQLpoUb" +
  "KO0Zp/htT8Dje57v6W7Q9oSsowU47LIdAajm4JjgkVsgZOddZ9GPHU0Y9WJCbeNNM8UCgYEA5PQvhxc8kX8lGJJCTdVS" +
  "Rm6l7CstmeQOEWz1Vcb2AbvWGHE5d+wObMn6xqDGHwz61ckh0h0gOIXwRPY4G2bX3fuji8RcyEklsKF86AF2pohu2u1d" +
  "SKOLk98NPMaQe747MF5lWsJK+McJfuwhiRmbxoLVw7Q9fpC1k8VjpxQJEAk=";
const RSA_CERTIFICATE =
  "MIIDCTCCAfGgAwIBAgIUNZRf/Bh7p901SXww6DboQVw7SwwwDQYJKoZIhvcNAQELBQAwEzERMA8GA1UEAwwIc3RyYW5n" +
  "ZXIwIBcNMjYxMTIxMDAyOTMwWhgPMjEyNjEwMjgwMDI5MzBaMBMxETAPBgNVBAMMCHN0cmFuZ2VyMIIBIjANBgkqhkiG" +
  "9w0BAQEFAAOCAQ8AMIIBCgKCAQEA8U7oKWUHd4JqTUx6VkHfjdf6a4aiA7pnkTi+ETct+CsjeE9J1WI6L70Q7+wD+Qt0" +
  "phlevDE6RCK4aFm3uVX3747N5rN48CExdnkghnX43uGhJTPP94G0tfPmA719DKxfnToqGXVIIOdng0YcjaMv16+gXV5l" +
  "s6JVMj8yXXS1DblEcpdjR1uCJuZ0IBGx4eyIlmPu+L87y/T5fGY/3eCf6ERXLUwyM9IhXkmiFkVnYZIWY5ihdSAuIe2Z" +
  "0tZk+2Y8fDjh+tvjjcbedGn9P+lVTs/Z5c5fslk5GvJ6SlyH2wfKdo4TlMbn2Xk8CX6ac8omO5TDyo6kLOHauF840fc/" +
  "mwIDAQABo1MwUTAdBgNVHQ4EFgQUewRCcCYbvGw/OnP8rEwbaCnVto0wHwYDVR0jBBgwFoAUewRCcCYbvGw/OnP8rEwb" +
  "aCnVto0wDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAQpPmOALQd2cmvQzfGkp8qZnx9K/KOAvvp+Vw" +
  "8a5lvAw9ZI8BE/2y6nt357A+vFMtmkzmg5+tuAUa+ZciZ5DuyoqmKN9uGCM2eHXOSuKC6NuIAuSKRAVFBdrifD3J/ULx" +
  "yIReTQmkJTA+M8KKz34Ig5jGE8CsL8MtVCMfLIAbqTCMkXraU3yHcIrXrSq58kYSVU+cDW9eUm3Qb5qmr+asTXtA+yL2" +
  "sRgKjxP/jeQuVkhucRincU7Fynw0c2K5QNxLdMeg/DGgYYna1X0pdQaWSqiX2Ulmnxst5MtC4xm7JJFQE50troyaaFei" +
  "N7MMLBqsx3a9691+hKU/PmPfyIPhLg==";

function bytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** Who comes with the wrong kind of key. Their ids are made up: such a key has none. */
export const FOREIGN_IDENTITIES: Readonly<Record<"p256" | "rsa", TransportIdentity>> = {
  p256: {
    id: toNodeId(new Uint8Array(32).fill(0x51)),
    certificate: bytes(P256_CERTIFICATE),
    privateKey: bytes(P256_KEY),
  },
  rsa: {
    id: toNodeId(new Uint8Array(32).fill(0x52)),
    certificate: bytes(RSA_CERTIFICATE),
    privateKey: bytes(RSA_KEY),
  },
};
