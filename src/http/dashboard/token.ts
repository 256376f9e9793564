/** Kept for this tab alone, and gone with it. */
const KEY = "macula.token";

/** What a token is made of; the listener takes no other. */
const TOKEN = /^[\w.~+/=-]{32,260}$/;

/**
 * The token that this tab was given: in the fragment of the address, which no browser sends anywhere, or before. It is
 * taken out of the address bar at once, so that it is neither seen nor copied with the address.
 */
export function takeToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) history.replaceState(null, "", location.pathname);
  return (given === null ? undefined : keepToken(given)) ?? kept();
}

/** Keeps what somebody has typed; `undefined` where it can be no token. */
export function keepToken(text: string): string | undefined {
  // A plus in a fragment stands for itself.
  const token = text.trim().replaceAll(" ", "+");
  if (!TOKEN.test(token)) return undefined;
  sessionStorage.setItem(KEY, token);
  return token;
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}

function kept(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}
