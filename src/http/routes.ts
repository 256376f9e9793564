/** What is asked of a route. */
export interface RouteRequest {
  readonly query: URLSearchParams;
  /** The JSON that came with a POST. */
  readonly body: unknown;
  /** Fires when whoever asked has gone, or when its time is over. */
  readonly signal: AbortSignal;
}

export interface RouteAnswer {
  readonly status: number;
  /** `Content-Type`. */
  readonly type: string;
  readonly body: string;
  /** What a page may do that is made of this, in place of nothing at all. */
  readonly contentSecurityPolicy?: string;
}

/** One thing that can be asked. Whatever changes something is a POST; a GET may be a HEAD too. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Answered without the token too: it is the same for everybody, and tells nothing of the node. */
  readonly isPublic?: boolean;
  answer(request: RouteRequest): RouteAnswer | Promise<RouteAnswer>;
}
