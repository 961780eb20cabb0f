/** Settles once all promises have settled: with their values, or with the first rejection. */
export async function allSettled<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
