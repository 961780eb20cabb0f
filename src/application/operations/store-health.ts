/** Whether the database answers. */
export abstract class StoreHealth {
  /**
   * Resolves if the database has answered within the last second, and accepts writes.
   * @throws StoreUnavailable otherwise, within 3 s.
   */
  abstract check(): Promise<void>;
}
