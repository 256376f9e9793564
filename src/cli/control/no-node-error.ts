/** No process answers at a control socket. Its message says where, and what to do. */
export class NoNodeError extends Error {
  override readonly name = "NoNodeError";

  constructor(path: string) {
    super(
      `no node answers at ${path}; start one with macula start --control ${path}, or name the socket or the --state directory of one that runs`,
    );
  }
}
