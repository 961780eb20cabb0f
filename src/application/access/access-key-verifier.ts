import type { KeyHolder } from '../../domain/access/access-key.js';

/** Who may come in. */
export abstract class KeyRing {
  /**
   * Whose secret this is; undefined where it is nobody's, or no longer. A key that is revoked anywhere is accepted nowhere
   * 5 s later, however long this process was busy or frozen meanwhile. Usually it answers at once, without a round trip.
   * @throws RegisterUnavailable where that cannot be found out, as without a database for over 5 s.
   */
  abstract holderOf(secret: string): KeyHolder | undefined | Promise<KeyHolder | undefined>;

  /** Whether the key of this holder, who was let in by it before, still opens the service: as `holderOf` would say it now. */
  abstract isStillHeld(holder: KeyHolder): boolean | Promise<boolean>;
}
