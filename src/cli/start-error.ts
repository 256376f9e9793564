/** A node did not find its place; `cause` says why. */
export class StartError extends Error {
  override readonly name = "StartError";

  constructor(cause: unknown) {
    super("the node could not start", { cause });
  }
}
