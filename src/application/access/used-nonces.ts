import type { AccessKeyId } from '../../domain/access/access-key.js';

/** How far the time of a signature may be from the time of the service, in either direction. */
export const SIGNATURE_TOLERANCE_SECONDS = 60;

/**
 * How long a nonce is stored after the time of its signature. It is longer than the signature is accepted, since the clocks of the
 * processes and of the database may differ.
 */
export const NONCE_RETENTION_DAYS = 10 / (24 * 60);

/** The nonces of signatures. All processes share them, so that each signature is accepted once. */
export abstract class UsedNonces {
  /**
   * Stores the nonce. Of concurrent calls with the same one, one succeeds.
   * @param createdAt the time of the signature.
   * @returns false if a signature of this key had it before.
   */
  abstract use(keyId: AccessKeyId, nonce: string, createdAt: Date): Promise<boolean>;
}
