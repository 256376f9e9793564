/** Milliseconds that anything may take here, on a busy machine. */
const DEADLINE = 15_000;

/** Waits for `work` by the clock on the wall; fails with the name `what` where it takes too long. */
export async function inRealTime<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took too long`)), DEADLINE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
