/**
 * Makes this process play one of `roles`. Its parent says which, then asks for what that role can do; the process ends
 * when its parent lets go of it, however that came about, and in a way that lets a profile be written.
 */
export function serveRole(roles) {
  let role;

  const commands = {
    start: async ({ kind, ...config }) => {
      role = await roles[kind](config);
      return role.ready;
    },
    /** Microseconds of processor time, of all threads. */
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
  };

  async function answer({ number, name, input }) {
    try {
      const output = await (commands[name] ?? role.commands[name])(input);
      if (process.connected) process.send({ number, output });
    } catch (error) {
      const code = error.code === undefined ? "" : `${error.code}: `;
      if (process.connected) process.send({ number, error: `${code}${error.message}` });
    }
  }

  process.on("message", (request) => void answer(request));
  // Ctrl-C in a terminal reaches every process of the group; the parent decides what it means.
  process.on("SIGINT", () => undefined);
  process.once("disconnect", () => {
    const closed = role?.close() ?? Promise.resolve();
    void closed.finally(() => process.exit());
  });
}
