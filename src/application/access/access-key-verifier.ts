import type { Principal } from '../../domain/access/access-key.js';

/** Verifies access keys. */
export abstract class AccessKeyVerifier {
  /**
   * The principal of this secret; undefined if no active key has it. A key that any process revokes is rejected by all
   * processes 5 s later, however long this process was busy or frozen meanwhile. Usually answers synchronously, from a cache.
   * @throws StoreUnavailable if the cache is too old, as without a database for over 5 s.
   */
  abstract verify(secret: string): Principal | undefined | Promise<Principal | undefined>;

  /** Whether the key of this principal, which `verify` accepted before, is still active: as `verify` would decide now. */
  abstract isStillValid(principal: Principal): boolean | Promise<boolean>;
}
