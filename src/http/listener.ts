import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { toAddress } from "../base/address.ts";
import { MeshError } from "../base/errors.ts";
import type { Millis } from "../base/ports.ts";
import { failed, failure } from "./answers.ts";
import { readJson } from "./body.ts";
import { Connections } from "./connections.ts";
import { type Policy, refusal } from "./guard.ts";
import { type Place, placeText } from "./place.ts";
import type { Route, RouteAnswer } from "./routes.ts";
import { openSocket, type SocketPurpose } from "./unix-socket.ts";

/** Connections at once; each takes some 15 KB. */
export const CONNECTIONS_MAX = 1_024;

/** Time for the lines a request begins with, for all of it, and for its answer to be there and taken. */
export const HEADERS_WITHIN: Millis = 5_000;
const REQUEST_WITHIN: Millis = 10_000;
const ANSWER_WITHIN: Millis = 15_000;
const TAKEN_WITHIN: Millis = 5_000;

/** How long a connection may rest between two requests, and how many it may carry. */
const REST: Millis = 5_000;
const REQUESTS_MAX = 1_000;

const HEADER_BYTES_MAX: number = 8 << 10;
const HEADERS_MAX = 64;

/** Sent with every answer: nothing is kept, framed, guessed or shown by other pages. */
const HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

const OPTIONS = {
  connectionsCheckingInterval: 1_000,
  headersTimeout: HEADERS_WITHIN,
  requestTimeout: REQUEST_WITHIN,
  keepAliveTimeout: REST,
  maxHeaderSize: HEADER_BYTES_MAX,
  handshakeTimeout: HEADERS_WITHIN,
  noDelay: true,
};

/** A certificate and its key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface ListenerOptions {
  readonly place: Place;
  /** What the place is called where it can't be had, and with what flag another one is chosen. */
  readonly purpose: SocketPurpose;
  readonly policy: Policy;
  readonly routes: readonly Route[];
  readonly tls?: TlsFiles | undefined;
}

/** Answers HTTP requests at one place, for those alone who may ask, and holds out against those who are slow. */
export class Listener implements AsyncDisposable {
  /** `http://127.0.0.1:8080`, or the path of the unix socket. */
  readonly url: string;
  readonly #server: Server;
  readonly #connections: Connections;

  private constructor(server: Server, connections: Connections, url: string) {
    this.#server = server;
    this.#connections = connections;
    this.url = url;
  }

  /** @throws {MeshError} `address_in_use`; `bad_config` where there can be no listener, or the certificate is none. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const { place, purpose, tls } = options;
    const connections = new Connections(CONNECTIONS_MAX);
    const server = tls === undefined ? createServer(OPTIONS) : tlsServer(tls);
    const scheme = tls === undefined ? "http" : "https";
    server.maxHeadersCount = HEADERS_MAX;
    server.maxRequestsPerSocket = REQUESTS_MAX;
    server.setTimeout(ANSWER_WITHIN + TAKEN_WITHIN);
    server.on("connection", (socket: Socket) => connections.add(socket));
    server.on("request", (request, response) => {
      connections.touch(request.socket);
      void answer(request, response, options, scheme);
    });
    server.on("checkContinue", (_, response) => {
      send(response, failure(417, "no_continue", "send the request whole"), true);
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
      misunderstood(error, socket as Socket),
    );
    await listen(server, place, purpose);
    return new Listener(server, connections, urlOf(server, place, scheme));
  }

  /** Ends, whatever is still asked. Idempotent. */
  async close(): Promise<void> {
    this.#connections.close();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function tlsServer(tls: TlsFiles): Server {
  try {
    return createTlsServer({ ...OPTIONS, ...tls, minVersion: "TLSv1.3" });
  } catch (cause) {
    const what = `there is no certificate and key to use TLS with: ${(cause as Error).message}`;
    throw new MeshError("bad_config", what, { cause });
  }
}

async function listen(server: Server, place: Place, purpose: SocketPurpose): Promise<void> {
  if (place.kind === "socket") {
    await openSocket(server, place.path, purpose);
    server.on("error", () => {}); // A connection that could not be taken: whoever made it is told.
    return;
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(unavailable(place, purpose, cause)),
    );
    server.listen({ host: place.host, port: place.port, exclusive: true }, resolve);
  });
  server.removeAllListeners("error").on("error", () => {});
}

function unavailable(
  place: Place,
  purpose: SocketPurpose,
  cause: NodeJS.ErrnoException,
): MeshError {
  const { name, flag } = purpose;
  const where = placeText(place);
  if (cause.code === "EADDRINUSE") {
    const text = `another process has ${where}, where the ${name} was to be; ${flag} takes it elsewhere`;
    return new MeshError("address_in_use", text, { cause });
  }
  return new MeshError("bad_config", `there can be no ${name} at ${where}: ${cause.message}`, {
    cause,
  });
}

function urlOf(server: Server, place: Place, scheme: string): string {
  if (place.kind === "socket") return place.path;
  const { address, port } = server.address() as AddressInfo;
  return `${scheme}://${toAddress(address, port)}`;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { policy, routes }: ListenerOptions,
  scheme: "http" | "https",
): Promise<void> {
  const { headers, socket } = request;
  const asked = askedFor(request, routes);
  const isOpen = asked.route?.isPublic === true;
  const refused = refusal(
    {
      scheme,
      host: headers.host,
      origin: headers.origin,
      site: headers["sec-fetch-site"] as string | undefined,
      authorization: headers.authorization,
      local: socket.localAddress,
    },
    isOpen ? { ...policy, token: undefined } : policy,
  );
  if (refused) {
    send(response, failure(refused.status, refused.code, refused.message), true);
    return;
  }
  const gone = new AbortController();
  const late = setTimeout(() => gone.abort(tooLate()), ANSWER_WITHIN);
  const end = setTimeout(() => socket.destroy(), ANSWER_WITHIN + TAKEN_WITHIN);
  response.once("close", () => {
    clearTimeout(late);
    clearTimeout(end);
    gone.abort(new MeshError("cancelled", "whoever asked has gone"));
  });
  try {
    send(response, await answerOf(request, asked, gone.signal), !request.complete);
  } catch (cause) {
    send(response, failed(gone.signal.aborted ? gone.signal.reason : cause), !request.complete);
  }
}

interface AskedFor {
  /** What is taken at the path, whatever the method. */
  readonly here: readonly Route[];
  readonly route: Route | undefined;
  readonly query: string;
}

function askedFor({ method = "", url = "" }: IncomingMessage, routes: readonly Route[]): AskedFor {
  const [path = "", query = ""] = url.split("?", 2);
  const here = routes.filter((route) => route.path === path);
  const wanted = method === "HEAD" ? "GET" : method;
  return { here, route: here.find((it) => it.method === wanted), query };
}

async function answerOf(
  request: IncomingMessage,
  { here, route, query }: AskedFor,
  signal: AbortSignal,
): Promise<RouteAnswer> {
  if (here.length === 0) return failure(404, "no_such_path", "there is nothing at this path");
  if (route === undefined) {
    const methods = here.map((it) => it.method).join(", ");
    return failure(405, "wrong_method", `this path takes ${methods}`);
  }
  const body = route.method === "POST" ? await readJson(request) : undefined;
  return await route.answer({ query: new URLSearchParams(query), body, signal });
}

/** Where the request has not come to its end, its connection is of no use any more. */
function send(
  response: ServerResponse,
  { status, type, body, contentSecurityPolicy }: RouteAnswer,
  isLast: boolean,
): void {
  if (response.destroyed || response.headersSent) return;
  const close = isLast ? { Connection: "close" } : {};
  const login = status === 401 ? { "WWW-Authenticate": 'Bearer realm="macula"' } : {};
  const length = { "Content-Length": Buffer.byteLength(body) };
  const policy = contentSecurityPolicy && { "Content-Security-Policy": contentSecurityPolicy };
  const own = { ...close, ...login, ...length, ...policy, "Content-Type": type };
  response.writeHead(status, { ...HEADERS, ...own });
  response.end(body);
}

function tooLate(): MeshError {
  return new MeshError("timeout", `an answer is there within ${ANSWER_WITHIN} ms, or not`);
}

/** What came is no HTTP, is too long, or took too long. */
function misunderstood(error: NodeJS.ErrnoException, socket: Socket): void {
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  if (socket.writable && error.code !== "ECONNRESET") {
    socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
  socket.destroy();
}
