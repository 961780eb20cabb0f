import type { Principal } from '../../domain/access/access-key.js';

/** Verifies access keys, and the sessions that were opened with them. */
export abstract class AccessKeyVerifier {
  /**
   * The principal of this secret; undefined if no active key has it. A key that any process revokes is rejected by all
   * processes 5 s later, however long this process was busy or frozen meanwhile. Usually answers synchronously, from a cache.
   * @throws StoreUnavailable if the cache is too old, as without a database for over 5 s.
   */
  abstract verify(secret: string): Principal | undefined | Promise<Principal | undefined>;

  /**
   * The principal of the session with this token, which is that of its access key; undefined if there is none, it has ended, or its
   * key is no longer active. The promise of `verify` holds for the ends of sessions too.
   * @throws StoreUnavailable as `verify` does.
   */
  abstract verifySession(token: string): Principal | undefined | Promise<Principal | undefined>;

  /**
   * Whether the key of this principal, and the session if one verified it, are still active: as they would be verified now. It
   * counts as a use.
   */
  abstract isStillValid(principal: Principal): boolean | Promise<boolean>;

  /** The secret with which senders with this verified key have to sign; undefined if they need not. At most 5 s old, as the key is. */
  abstract webhookSecretOf(principal: Principal): string | undefined;
}
