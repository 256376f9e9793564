import { useEffect, useRef, useState } from "preact/hooks";
import type { Picture } from "../picture.ts";
import { watch } from "./feed.ts";
import { History } from "./history.ts";
import { Login } from "./login.tsx";
import { Page } from "./page.tsx";
import { forgetToken, keepToken, takeToken } from "./token.ts";

interface Seen {
  readonly picture: Picture | undefined;
  /** Why there is no newer one. */
  readonly problem: string | undefined;
}

/** The whole page: what asks for the token, or what the token shows. */
export function App({ token: given }: { readonly token: string | undefined }) {
  const [token, setToken] = useState(given);
  const [isRefused, setRefused] = useState(false);
  const [{ picture, problem }, setSeen] = useState<Seen>({
    picture: undefined,
    problem: undefined,
  });
  const history = useRef(new History());

  const leave = (refused: boolean): void => {
    forgetToken();
    setToken(undefined);
    setRefused(refused);
    setSeen({ picture: undefined, problem: undefined });
    history.current = new History();
  };

  useEffect(() => {
    // A link with a token, opened where the page is already, does not load it anew.
    const look = (): void => {
      if (location.hash !== "") setToken(takeToken());
    };
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);

  useEffect(() => {
    if (token === undefined) return;
    const end = new AbortController();
    const listener = {
      pictured: (next: Picture) => {
        history.current.add(next);
        setSeen({ picture: next, problem: undefined });
      },
      failed: (reason: string) => setSeen((last) => ({ ...last, problem: reason })),
      refused: () => leave(true),
    };
    void watch(token, listener, end.signal);
    return () => end.abort();
  }, [token]);

  if (token === undefined) {
    const enter = (text: string): boolean => {
      const kept = keepToken(text);
      setToken(kept);
      setRefused(kept === undefined);
      return kept !== undefined;
    };
    return <Login isRefused={isRefused} enter={enter} />;
  }
  if (picture === undefined) {
    const text =
      problem === undefined ? "Asking the node …" : `The node does not answer: ${problem}`;
    return (
      <main class="alone">
        <p role="status">{text}</p>
      </main>
    );
  }
  const { rates } = history.current;
  return <Page picture={picture} rates={rates} problem={problem} leave={() => leave(false)} />;
}
