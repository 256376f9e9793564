import { type JoinTarget, readJoinString } from "../node/join-string.ts";
import { placeOf } from "./arguments.ts";
import type { Arguments } from "./command.ts";
import { Home } from "./home.ts";
import { UsageError } from "./usage-error.ts";

/** The realm of nodes that were told none. */
const REALM_DEFAULT = "org.example.mesh";

/**
 * Which mesh is meant: the one of `--join`, or of `--realm` and `--bootstrap`, or where nothing was said and the command
 * may, the one that `macula up` or `macula join` has noted.
 *
 * @throws {UsageError} where the realm was said twice and differs.
 */
export function meshOf(given: Arguments): JoinTarget {
  const realm = given.text("realm");
  const bootstrap = given.list("bootstrap");
  const isSaid = realm !== undefined || bootstrap.length > 0 || given.text("home") === undefined;
  const text = given.text("join") ?? (isSaid ? undefined : new Home(given).read("mesh"));
  if (text === undefined) return { realm: realm ?? REALM_DEFAULT, bootstrap };
  const target = readJoinString(text);
  if (realm !== undefined && realm !== target.realm) {
    const [of, join] = [given.origin("realm"), given.origin("join")].map(placeOf);
    throw new UsageError(`--realm${of} is another one than that of --join${join}; leave one out`);
  }
  return { realm: target.realm, bootstrap: [...target.bootstrap, ...bootstrap] };
}

/** The same for commands that have to join through somebody. */
export function checkEntrance(given: Arguments): void {
  if (meshOf(given).bootstrap.length > 0) return;
  throw new UsageError(
    "name a node to join the mesh through: --bootstrap host:port, or --join <string> as macula up prints it",
  );
}
