/** Whether the store behind the ports answers. */
export abstract class StoreHealth {
  /**
   * Resolves when the store has answered and takes changes, a second ago at most; throws StoreUnavailable within 3 s
   * otherwise.
   */
  abstract check(): Promise<void>;
}
