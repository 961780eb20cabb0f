import type { AccessKeyId, Principal } from '../../domain/access/access-key.js';

/** What the signatures of a key are verified with. */
export type SignatureKey =
  | { readonly algorithm: 'hmac-sha256'; readonly secret: string }
  /** `publicKey` has 32 bytes. */
  | { readonly algorithm: 'ed25519'; readonly publicKey: Buffer };

/** Verifies access keys, and the sessions that were opened with them. */
export abstract class AccessKeyVerifier {
  /**
   * The principal of this secret; undefined if no active key has it. A key that any process revokes is rejected by all
   * processes 5 s later, however long this process was busy or frozen meanwhile. Usually answers synchronously, from a cache.
   * @throws SignatureRequired if the key is accepted only as the key of a signature.
   * @throws StoreUnavailable if the cache is too old, as without a database for over 5 s.
   */
  abstract verify(secret: string): Principal | undefined | Promise<Principal | undefined>;

  /**
   * The principal of the active key with this id, once `check` has verified a signature of it; undefined if there is no such key. The
   * promise of `verify` holds for it too.
   * @param check throws if the signature is invalid. Its key is undefined if the service cannot verify signatures of that key.
   */
  abstract verifySignature(
    id: AccessKeyId,
    check: (key: SignatureKey | undefined) => Promise<void>,
  ): Promise<Principal | undefined>;

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

  /**
   * The secret with which senders with this verified key have to sign, at most 5 s old, as the key is; undefined if they need not.
   * Null if it was set under another `SIGNING_SECRET`: no signature can be verified.
   */
  abstract webhookSecretOf(principal: Principal): Promise<string | null | undefined>;
}
