import type { Principal } from '../../domain/access/access-key.js';

/** Who may come in. */
export abstract class AccessKeyVerifier {
  /**
   * Whose secret this is; undefined where it is nobody's, or no longer. A key that is revoked anywhere is accepted nowhere
   * 5 s later, however long this process was busy or frozen meanwhile. Usually it answers at once, without a round trip.
   * @throws StoreUnavailable where that cannot be found out, as without a database for over 5 s.
   */
  abstract verify(secret: string): Principal | undefined | Promise<Principal | undefined>;

  /** Whether the key of this holder, who was let in by it before, still opens the service: as `holderOf` would say it now. */
  abstract isStillValid(holder: Principal): boolean | Promise<boolean>;
}
