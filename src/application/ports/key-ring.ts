import type { KeyHolder } from '../../domain/access/access-key.js';

/** Who may come in. */
export abstract class KeyRing {
  /**
   * Whose secret this is; undefined where it is nobody's, or no longer. What is revoked anywhere is no longer let in
   * 5 s later. For keys that were seen before it answers at once, and costs no round trip.
   * @param mayLook whether one that was never seen may be looked up.
   */
  abstract holderOf(secret: string, mayLook: boolean): KeyHolder | undefined | Promise<KeyHolder | undefined>;
}
