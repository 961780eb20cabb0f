import type { AccessKeyId, Principal } from './access-key.js';
import type { SessionId, SignInToken } from './session.js';

/** A session to be opened. */
export interface SessionDraft {
  readonly at: Date;
  /** The token of an earlier session of the same browser, which ends. */
  readonly replacing: string | undefined;
}

/**
 * The stored sessions and sign-in tokens. Each method is one transaction. Tokens are random; only their digests are stored. A key
 * has about `MAX_SESSIONS_PER_KEY` sessions and `MAX_SIGN_IN_TOKENS_PER_KEY` unused tokens at most: the oldest make room.
 */
export abstract class SessionRepository {
  /**
   * Opens a session of a verified access key, and resolves with its token.
   * @param accessKey as it was sent: a session of a key of the environment ends when that key changes.
   */
  abstract open(principal: Principal, accessKey: string, draft: SessionDraft): Promise<string>;

  /**
   * Uses a sign-in token, and resolves with the token of the new session; undefined if it was used before, has expired or does not
   * exist, or its access key is inactive. Of concurrent calls, one succeeds.
   */
  abstract openOnce(signInToken: string, draft: SessionDraft): Promise<string | undefined>;

  /** Ends a session. */
  abstract end(id: SessionId): Promise<void>;

  /** Ends all sessions of a key, and makes its unused sign-in tokens void. */
  abstract endAllOf(keyId: AccessKeyId): Promise<void>;

  /** Creates a sign-in token for a key; undefined if the key is not active. */
  abstract issueSignInToken(keyId: AccessKeyId, at: Date): Promise<SignInToken | undefined>;
}
