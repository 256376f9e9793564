import type { TargetedSubmitEvent } from "preact";
import { Mark } from "./mark.tsx";

export interface LoginProps {
  readonly isRefused: boolean;
  enter(token: string): boolean;
}

/** Asks for the token. Nothing of the node is on the page before. */
export function Login({ isRefused, enter }: LoginProps) {
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    enter(String(new FormData(event.currentTarget).get("token") ?? ""));
  };
  return (
    <main class="alone">
      <form class="card login" onSubmit={submit} autocomplete="off">
        <Mark />
        <h1>See your mesh</h1>
        <p>
          Paste the token of this node. It is in the file that <code>--admin-token</code> names,
          else in <code>admin.token</code> of its state directory.
        </p>
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          required
          autocomplete="off"
          spellcheck={false}
          aria-describedby="token-problem"
        />
        <p id="token-problem" class="problem" role="alert">
          {isRefused ? "This is not the token of this node." : ""}
        </p>
        <button type="submit">Show</button>
        <p class="quiet">It is kept for this tab alone, and goes nowhere but to this node.</p>
      </form>
    </main>
  );
}
