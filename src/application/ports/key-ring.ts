import type { KeyHolder } from '../../domain/access/access-key.js';

/** Who may come in. */
export abstract class KeyRing {
  /**
   * Whose secret this is; undefined where it is nobody's, or no longer. What is revoked anywhere is no longer let in
   * 5 s later. It resolves in the same turn for keys that were seen before, so it costs no round trip.
   */
  abstract holderOf(secret: string): KeyHolder | undefined | Promise<KeyHolder | undefined>;
}
