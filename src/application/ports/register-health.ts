/** Whether the store behind the ports answers. */
export abstract class RegisterHealth {
  /** Resolves when the store has answered a trivial question; throws RegisterUnavailable within 3 s otherwise. */
  abstract check(): Promise<void>;
}
