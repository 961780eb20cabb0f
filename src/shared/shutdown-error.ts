/** The process stops before some work is done: it is left for the next start. */
export class ShutdownError extends Error {}

/** Resolves when the work is done, or left because the process stops. */
export async function doneOrShutdown(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ShutdownError)) throw error;
  }
}
